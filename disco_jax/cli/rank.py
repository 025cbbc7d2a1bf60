"""`disco-jax rank`."""

import sys
from pathlib import Path

from disco_jax.data import open_images
from disco_jax.demo import ACCURACIES, HUB, TARGET
from disco_jax.hub_files import accuracies_of, find_hub, read_hub
from disco_jax.metrics import DEFAULT
from disco_jax.pipeline import rank
from disco_jax.reporting import write_page

from . import beside
from .extract import dtype
from .progress import bar, scoring
from .score import show

BUNDLED = ",".join([*DEFAULT, "ncti"])  # the metrics of the bundled hub
ABOUT = (
    "Ten small networks, pre-trained on handwritten digits, ranked for noisy ones that they never "
    "saw.\nFrom 100 labelled pictures; accuracy: on 697 others, after fine-tuning on the 100.\n"
)


def run(
    hub: str | None,
    data: str | None,
    metrics: str | None,
    task: str | None,
    split: str,
    out: Path | None,
    report: Path | None,
    accuracies: Path | None,
    dataset: str | None,
    batch: int | None,
    bfloat16: bool,
    offline: bool,
    form: str,
) -> None:
    """Extract, score, compare where there are accuracies, write and print."""
    bundled = hub is None and data is None
    if bundled:
        hub, data, metrics = str(HUB), str(TARGET), metrics or BUNDLED
        accuracies, report = accuracies or ACCURACIES, report or Path("report.html")
    if hub is None or data is None:
        raise ValueError("rank: give both --hub and --data, or neither for the bundled ones")
    listed = find_hub(hub)
    models, images = read_hub(listed), open_images(data, split)
    asked = accuracies is not None or dataset is not None
    truth = None
    if (found := accuracies or accuracies_of(listed)) is not None:
        truth = beside.truth_of(found, dataset, images.name, asked)
    elif dataset is not None:
        raise ValueError(f"rank: --dataset {dataset}: there are no accuracies; give --accuracies")
    with bar() as shown:
        table = rank(
            models,
            images,
            metrics=metrics,
            task=task,
            out=out,
            batch=batch,
            dtype=dtype(bfloat16),
            offline=offline,
            on_pictures=shown,
            on_models=scoring(shown),
        )
    judged = None if truth is None else beside.judged(table, truth)
    if report is not None:
        write_page(report, table.to_dict() if judged is None else judged.result, "report")
    if bundled and form == "table":
        print(ABOUT)
    if judged is None:
        show(table, form)
    else:
        beside.show(judged, form)
    if bundled and report is not None:
        where = sys.stdout if form == "table" else sys.stderr
        print(f"report: {report.resolve()}", file=where)
