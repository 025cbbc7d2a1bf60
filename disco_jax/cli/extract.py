"""`disco-jax extract`."""

from pathlib import Path

from disco_jax.data import open_images
from disco_jax.extraction import Extracted, extract_hub, task_of
from disco_jax.hubs import find_hub, read_hub

from .printing import print_csv, print_json, print_table
from .progress import bar

HEADER = ("model", "rows", "width", "first_batch_s", "images_per_s")


def run(
    *,
    hub: str,
    data: str,
    out: Path,
    task: str | None,
    split: str,
    batch: int | None,
    dtype: str,
    offline: bool,
    moments_only: bool,
    form: str,
) -> None:
    """Extract, and say how long it took."""
    models, images = read_hub(find_hub(hub)), open_images(data, split)
    per_box = images.boxes is not None and task_of(images, task) == "detection"
    with bar() as progress:
        found = list(
            extract_hub(
                models,
                images,
                per_box=per_box,
                out=out,
                batch=batch,
                dtype=dtype,
                offline=offline,
                progress=progress,
                moments_only=moments_only,
            )
        )
    rows = [_row(each) for each in found]
    if form == "json":
        listed = [dict(zip(HEADER, row, strict=True)) for row in rows]
        print_json({"folder": str(out), "models": listed})
    elif form == "csv":
        print_csv(HEADER, rows)
    else:
        shown = [["kept" if v is None else str(v) for v in row] for row in rows]
        print_table(HEADER, shown, form)


def _row(each: Extracted) -> list[str | int | float | None]:
    rows, width = each.features.shape
    times = [None if t is None else float(f"{t:.3g}") for t in (each.first, each.rate)]
    return [each.model, rows, width, *times]
