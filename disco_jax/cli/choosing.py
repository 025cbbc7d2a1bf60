"""The commands that choose more than one model, and teachers; `app` has the others."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Features, Format, KeepGoing, Labels, Printed, Probe, Task


def ensemble(
    features: Features,
    size: Annotated[int, typer.Option(min=1, help="How many models to choose.")] = 3,
    method: Annotated[
        str, typer.Option(help="kages, logloss, disco (with options, disco:mode=tuned) or eleep.")
    ] = "kages",
    posterior: Probe = "ridge",
    labels: Labels = None,
    task: Task = None,
    keep_going: KeepGoing = False,
    form: Printed = Format.table,
) -> None:
    """Choose the models that are best together, one after the other."""
    from .ensemble import run

    run(
        features=features,
        size=size,
        method=method,
        posterior=posterior,
        labels=labels,
        task=task,
        keep_going=keep_going,
        form=form.value,
    )


def complement(
    features: Features,
    posterior: Probe = "ridge",
    labels: Labels = None,
    task: Task = None,
    keep_going: KeepGoing = False,
    report: Annotated[
        Path | None, typer.Option(help="A page to write, with a heat map of the hub.")
    ] = None,
    form: Printed = Format.table,
) -> None:
    """Say who is right where another is wrong, on samples left out."""
    from .complement import run

    run(
        features=features,
        posterior=posterior,
        labels=labels,
        task=task,
        keep_going=keep_going,
        report=report,
        form=form.value,
    )


def teachers(
    features: Features,
    sharpness: Annotated[
        float, typer.Option(help="Power of the likeness; large: only the nearest counts.")
    ] = 1.0,
    likeness: Annotated[
        str, typer.Option(help="The metric that says how like the task a model is.")
    ] = "parc",
    labels: Labels = None,
    task: Task = None,
    keep_going: KeepGoing = False,
    form: Printed = Format.table,
) -> None:
    """Weigh the models as teachers for distillation, by how like the task they are."""
    from .teachers import run

    run(
        features=features,
        sharpness=sharpness,
        likeness=likeness,
        labels=labels,
        task=task,
        keep_going=keep_going,
        form=form.value,
    )
