"""The neighbours of ranking as commands; what they do is in a module each, imported when called."""

from pathlib import Path
from typing import Annotated

import typer

from .options import HUB, PICTURES, Batch, Format, Hub, Offline, Printed, Split


def merge(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL MODEL...", help="Files of weights, or models of --hub."),
    ],
    out: Annotated[Path, typer.Option(help="The file: .safetensors, or .npz for graphs.")],
    base: Annotated[
        str | None, typer.Option(help="What all were fine-tuned from: a file, or one of --hub.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="average, task-arithmetic, ties, fisher, projective.")
    ] = "average",
    coefficient: Annotated[
        float | None,
        typer.Option(help="lambda, or of average and fisher the share of the second of two."),
    ] = None,
    fisher: Annotated[
        list[Path] | None, typer.Option(help="File of informations, for each model.")
    ] = None,
    choose: Annotated[
        str | None, typer.Option(help="Choose the coefficient by this score on --data: disco.")
    ] = None,
    data: Annotated[str | None, typer.Option(help=PICTURES)] = None,
    split: Split = "train",
    hub: Annotated[str | None, typer.Option(help=HUB)] = None,
    architecture: Annotated[
        str, typer.Option(help="Of files that do not say it, for --choose.")
    ] = "",
    batch: Batch = None,
    offline: Offline = False,
    form: Printed = Format.table,
) -> None:
    """Merge networks of one architecture into one, without training."""
    from .merge import run

    run(
        models=models,
        out=out,
        method=method,
        base=base,
        coefficient=coefficient,
        fisher=fisher or [],
        choose=choose,
        data=data,
        split=split,
        hub=hub,
        architecture=architecture,
        batch=batch,
        offline=offline,
        form=form.value,
    )


def synbench(
    hub: Hub,
    images: Annotated[
        int, typer.Option(min=4, help="Images a scale, to fit and again to count on.")
    ] = 1024,
    seed: Annotated[int, typer.Option(min=0, help="Of the images.")] = 0,
    threshold: Annotated[float, typer.Option(help="Accuracies below do not count.")] = 0.7,
    offline: Offline = False,
    form: Printed = Format.table,
) -> None:
    """Judge the networks of a hub without data, by Gaussian images of two classes."""
    from .synbench import run

    run(hub=hub, images=images, seed=seed, threshold=threshold, offline=offline, form=form.value)
