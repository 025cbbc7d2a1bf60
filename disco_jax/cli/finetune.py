"""`disco-jax finetune`."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from disco_jax.data import open_images
from disco_jax.errors import InputError
from disco_jax.finetuning import Run, finetune_hub, recipe
from disco_jax.hubs import find_hub, read_hub

from .printing import print_csv, print_json, print_lines, print_table
from .progress import bar

SHORT = ("model", "dataset", "accuracy", "seeds", "rate", "status")


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
    offline: bool,
    form: str,
) -> None:
    """Fine-tune, and say how it went."""
    how = recipe(
        tune,
        seeds=seeds,
        epochs=epochs,
        batch=batch,
        rates=_numbers(rates),
        pixels=pixels,
        samples=samples,
    )
    models, sources = read_hub(find_hub(hub)), [open_images(source, "all") for source in data]
    if len({images.name for images in sources}) < len(sources):
        raise InputError("finetune", "data", "two have one name", "rename one of them")
    found: list[Run] = []
    with bar() as show:
        for place, images in enumerate(sources):

            def progress(what: str, done: int, total: int, place: int = place) -> None:
                if show is not None:
                    show(what, place * total + done, len(sources) * total)

            given: Any = {"task": task, "offline": offline, "progress": progress}
            found += finetune_hub(models, images, how, out, **given)
    if form == "json":
        print_json({"runs": [run._asdict() for run in found]})
    elif form == "csv":
        print_csv(Run._fields, found)
    else:
        print_table(SHORT, _means(found), form)
        print_lines([f"{len(found)} runs in {out}"], form)


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
