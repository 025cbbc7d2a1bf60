"""`disco-jax rank`."""

from collections.abc import Sequence
from pathlib import Path

from disco_jax.atomic import write_text
from disco_jax.data import open_images
from disco_jax.data.images import Images
from disco_jax.hub_extraction import extract_hub, task_of
from disco_jax.hub_files import HubModel, read_hub
from disco_jax.resuming import forget
from disco_jax.score_table import ScoreTable
from disco_jax.scoring import score
from disco_jax.specs import parse

from .extract import dtype, extracting
from .score import scoring, show


def run(
    hub: Path | None,
    data: str | None,
    metrics: str | None,
    task: str | None,
    split: str,
    out: Path | None,
    report: Path | None,
    batch: int | None,
    bfloat16: bool,
    form: str,
) -> None:
    """Extract, score, write and print the table."""
    if hub is None and data is None:
        from . import demo

        demo.run(metrics, task, split, out, report, batch, bfloat16, form)
        return
    if hub is None or data is None:
        raise ValueError("rank: give both --hub and --data, or neither for the bundled ones")
    models, images = read_hub(hub), open_images(data, split)
    table = ranked(models, images, metrics, task, out, batch, bfloat16)
    if report is not None:
        from .report import write_page

        write_page(report, "report", table.to_dict())
    show(table, form)


def ranked(
    models: Sequence[HubModel],
    images: Images,
    metrics: str | None,
    task: str | None,
    out: Path | None,
    batch: int | None,
    bfloat16: bool,
) -> ScoreTable:
    """Extract and score; with a folder, both are kept there."""
    task = task_of(images, task)
    if metrics is not None:
        parse(metrics, task)  # before anything is computed
    with extracting() as progress:
        found = {
            each.model: each.features
            for each in extract_hub(
                models,
                images,
                per_box=task == "detection",
                out=out,
                batch=batch,
                dtype=dtype(bfloat16),
                progress=progress,
            )
        }
    scores = None if out is None else out / "scores.json"
    with scoring() as advance:
        table = score(
            found,
            metrics=metrics,
            task=task,
            progress=advance,
            resume=scores,
        )
    if scores is not None:
        write_text(scores, table.to_json())
        forget(scores)
    return table
