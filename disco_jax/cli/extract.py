"""`disco-jax extract`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from disco_jax.data import open_images
from disco_jax.extraction import Extracted, Progress, extract_hub, task_of
from disco_jax.hub_files import find_hub, read_hub

from .printing import print_csv, print_table

HEADER = ("model", "rows", "width", "first_batch_s", "images_per_s")


def run(
    hub: str,
    data: str,
    out: Path,
    task: str | None,
    split: str,
    batch: int | None,
    bfloat16: bool,
    offline: bool,
    moments_only: bool,
    form: str,
) -> None:
    """Extract, and say how long it took."""
    models, images = read_hub(find_hub(hub)), open_images(data, split)
    per_box = images.boxes is not None and task_of(images, task) == "detection"
    with extracting() as progress:
        found = list(
            extract_hub(
                models,
                images,
                per_box=per_box,
                out=out,
                batch=batch,
                dtype=dtype(bfloat16),
                offline=offline,
                progress=progress,
                moments_only=moments_only,
            )
        )
    rows = [_row(each) for each in found]
    if form == "json":
        listed = [dict(zip(HEADER, row, strict=True)) for row in rows]
        print(json.dumps({"folder": str(out), "models": listed}, indent=1, allow_nan=False))
    elif form == "csv":
        print_csv(HEADER, rows)
    else:
        print_table(HEADER, [[_cell(value) for value in row] for row in rows])


def dtype(bfloat16: bool) -> str:
    """What the networks compute in."""
    return "bfloat16" if bfloat16 else "float32"


@contextmanager
def extracting() -> Iterator[Progress | None]:
    """A bar for each model on a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("extracting", total=None)
        yield lambda model, done, total: bar.update(
            task, description=model, completed=done, total=total
        )


def _row(each: Extracted) -> list[str | int | float | None]:
    rows, width = each.features.shape
    times = [None if t is None else float(f"{t:.3g}") for t in (each.first, each.rate)]
    return [each.model, rows, width, *times]


def _cell(value: str | int | float | None) -> str:
    return "there" if value is None else str(value)
