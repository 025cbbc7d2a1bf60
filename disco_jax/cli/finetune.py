"""`disco-jax finetune`."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from disco_jax.data import open_images
from disco_jax.errors import InputError
from disco_jax.finetuning import (
    Run,
    Selection,
    finetune_hub,
    recipe,
    select_hub,
    validation_of,
)
from disco_jax.history import read_curves, read_history
from disco_jax.hubs import find_hub, read_hub
from disco_jax.pipeline import of_record
from disco_jax.progress import Progress

from .printing import print_csv, print_json, print_lines, print_table, warn
from .progress import bar

SHORT = ("model", "dataset", "accuracy", "seeds", "rate", "status")
HALVED = ("model", "dataset", "epochs", "rate", "validation", "predicted", "accuracy")


def run(
    *,
    hub: str,
    data: Sequence[str],
    out: Path,
    task: str | None,
    tune: str,
    seeds: int,
    epochs: int | None,
    batch: int,
    rates: str | None,
    pixels: int | None,
    samples: int | None,
    select: bool,
    history: Path | None,
    recall: int | None,
    offline: bool,
    form: str,
) -> None:
    """Fine-tune, or select, and say how it went."""
    how = recipe(
        tune,
        seeds=seeds,
        epochs=epochs,
        batch=batch,
        rates=_numbers(rates),
        pixels=pixels,
        samples=samples,
    )
    if history is not None and recall is None and not select:
        raise InputError("finetune", "history", "nothing reads it", "add --select or --recall")
    models, sources = read_hub(find_hub(hub)), [open_images(source, "all") for source in data]
    if recall is not None:
        past = None if history is None else read_history(history)
        models = of_record(models, past, recall, "finetune")
    if len({images.name for images in sources}) < len(sources):
        raise InputError("finetune", "data", "two have one name", "rename one of them")
    curves = {} if history is None or not select else read_curves(history)
    if select and history is not None and not curves:
        warn([f"{history} has no learning curves: the validation so far decides who is dropped"])
    found, selections = list[Run](), list[Selection]()
    with bar() as show:
        for place, images in enumerate(sources):
            given: Any = {"task": task, "offline": offline}
            given["progress"] = None if show is None else _part(show, place, len(sources))
            if select:
                selections.append(select_hub(models, images, how, out, past=curves, **given))
            else:
                found += finetune_hub(models, images, how, out, **given)
    found += [each.run for each in selections]
    if form == "json":
        chosen = {"selections": [each.to_dict() for each in selections]} if select else {}
        print_json({"runs": [run.to_dict() for run in found], **chosen})
    elif form == "csv":
        print_csv(Run._fields, found)
    elif select:
        print_table(HALVED, [line for each in selections for line in _lines(each)], form)
        print_lines([f"{_said(each)}; its run is in {out}" for each in selections], form)
    else:
        print_table(SHORT, _means(found), form)
        print_lines([f"{len(found)} runs in {out}"], form)


def _part(show: Progress, place: int, many: int) -> Progress:
    """The progress on one of several data sets, as a part of all."""
    return lambda what, done, total: show(what, place * total + done, many * total)


def _numbers(text: str | None) -> list[float] | None:
    try:
        return None if text is None else [float(each) for each in text.split(",")]
    except ValueError as why:
        remedy = "give numbers with commas between, 1e-4,1e-3"
        raise InputError("finetune", "rates", f"{text!r} are no numbers", remedy) from why


def _means(runs: Sequence[Run]) -> list[list[str]]:
    """A line for each network and data set: the mean over its seeds, and what went wrong."""
    lines: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        lines.setdefault((run.dataset, run.model), []).append(run)
    return [
        [
            model,
            dataset,
            f"{fmean(run.accuracy for run in of):.4f}",
            str(len(of)),
            f"{of[0].rate:g}",
            ", ".join(sorted({run.status for run in of})),
        ]
        for (dataset, model), of in lines.items()
    ]


def _lines(selection: Selection) -> list[list[str]]:
    """A line for each network: the one that was selected, then by how long each was in."""
    run = selection.run
    promised = selection.stages[-1].predicted[run.model]
    whole = [run.model, run.dataset, str(run.epochs), f"{run.rate:g}"]
    lines = [[*whole, *map(_number, (run.validation, promised, run.accuracy))]]
    for stage in reversed(selection.stages):
        validation = validation_of(stage)
        for name in sorted(stage.dropped, key=lambda name: -stage.predicted[name]):
            part = [name, run.dataset, str(stage.epochs), f"{stage.rates[name]:g}"]
            lines.append([*part, _number(validation[name]), _number(stage.predicted[name]), ""])
    return lines


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else ""


def _said(selection: Selection) -> str:
    """What was selected, what that took, and what it saved."""
    run, cost = selection.run, f"{selection.spent} of {selection.whole} epochs"
    return f"{run.model} for {run.dataset}: {cost}, {selection.saved:.0%} saved"
