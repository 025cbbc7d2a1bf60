"""`disco-jax rank`."""

import sys
from pathlib import Path

from disco_jax.comparison import compare, dataset_of, no_dataset, read_accuracies
from disco_jax.data import open_images
from disco_jax.demo import ACCURACIES, HUB, TARGET
from disco_jax.features import read_labels
from disco_jax.hubs import accuracies_of, find_hub, read_hub
from disco_jax.pipeline import rank
from disco_jax.reporting import write_page

from .durations import seconds_of
from .printing import PEOPLE
from .progress import bar
from .tables import show_beside, show_scores

ABOUT = (
    "Ten small networks, pre-trained on handwritten digits, ranked for noisy ones that they never "
    "saw.\nFrom 100 labelled pictures; accuracy: on 697 others, after fine-tuning on the 100.\n"
)


def run(
    *,
    hub: str | None,
    data: str | None,
    metrics: str | None,
    task: str | None,
    labels: Path | None,
    split: str,
    out: Path | None,
    report: Path | None,
    accuracies: Path | None,
    dataset: str | None,
    batch: int | None,
    dtype: str,
    offline: bool,
    bootstrap: int | None,
    seed: int,
    memory: float | None,
    keep_going: bool,
    history: Path | None,
    recall: int | None,
    race: bool,
    budget: str | None,
    form: str,
) -> None:
    """Extract, score, compare where there are accuracies, write and print."""
    bundled = hub is None and data is None
    if bundled:
        hub, data = str(HUB), str(TARGET)
        accuracies, report = accuracies or ACCURACIES, report or Path("report.html")
    if hub is None or data is None:
        raise ValueError("rank: give both --hub and --data, or neither for the bundled ones")
    seconds = None if budget is None else seconds_of(budget, "rank")
    listed = find_hub(hub)
    models, images = read_hub(listed), open_images(data, split)
    truth = _truth(accuracies or accuracies_of(listed), dataset, images.name, accuracies)
    with bar() as shown:
        table = rank(
            models,
            images,
            labels=None if labels is None else read_labels(labels),
            metrics=metrics,
            task=task,
            out=out,
            batch=batch,
            dtype=dtype,
            offline=offline,
            bootstrap=bootstrap,
            seed=seed,
            memory=memory,
            keep_going=keep_going,
            history=history,
            recall=recall,
            race=race,
            budget=seconds,
            progress=shown,
        )
    compared = None if truth is None else compare(table, truth[0], dataset=truth[1])
    if report is not None:
        result = table.to_dict()
        write_page(report, result if compared is None else compared.beside(result), "report")
    if bundled and form in PEOPLE:
        print(ABOUT)
    asked = bootstrap is not None  # else the table stays narrow, and the last line says how sure
    if compared is None:
        show_scores(table, form, intervals=asked)
    else:
        show_beside(table, compared, form, intervals=asked)
    if bundled and report is not None:
        where = sys.stdout if form in PEOPLE else sys.stderr
        print(f"report: {report.resolve()}", file=where)


def _truth(
    path: Path | None, dataset: str | None, data: str, asked: Path | None
) -> tuple[Path, str] | None:
    """A file of accuracies and the dataset in it; None where there is none and none was asked for.

    Looked at before anything is computed.
    """
    if path is None:
        if dataset is not None:
            problem = "there are no accuracies; give --accuracies"
            raise ValueError(f"rank: --dataset {dataset}: {problem}")
        return None
    known = read_accuracies(path)
    found = dataset_of(known, str(path), dataset, data)
    if found is None and asked is not None:
        raise no_dataset(known, str(path), data)
    return None if found is None else (path, found)
