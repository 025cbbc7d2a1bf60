"""`disco-jax rank` without arguments: the bundled hub, its scores beside its true accuracies."""

import json
import sys
from pathlib import Path
from typing import Any

from disco_jax.accuracies import read_accuracies
from disco_jax.controls import ByDataset, Comparison, compare
from disco_jax.data import open_images
from disco_jax.demo import ACCURACIES, HUB, TARGET
from disco_jax.hub_files import read_hub
from disco_jax.metrics import DEFAULT
from disco_jax.score_table import ScoreTable

from .compare import to_dict
from .printing import print_csv, print_table, warn
from .rank import ranked
from .report import write_page

METRICS = ",".join([*DEFAULT, "ncti"])
REPORT = Path("report.html")
ABOUT = (
    "Ten small networks, pre-trained on handwritten digits, ranked for noisy ones that they never "
    "saw.\nFrom 100 labelled pictures; accuracy: on 697 others, after fine-tuning on the 100.\n"
)


def run(
    metrics: str | None,
    task: str | None,
    split: str,
    out: Path | None,
    report: Path | None,
    batch: int | None,
    bfloat16: bool,
    form: str,
) -> None:
    """Rank, compare with the accuracies, write the page and print the table."""
    models, images = read_hub(HUB), open_images(str(TARGET), split)
    table = ranked(models, images, metrics or METRICS, task, out, batch, bfloat16)
    truth = read_accuracies(ACCURACIES, models=list(table.scores))
    comparison = compare(_whole(table), truth)
    result = table.to_dict() | to_dict(comparison, []) | {"accuracies": truth.datasets}
    report = report or REPORT
    write_page(report, "report", result)
    if form == "json":
        print(json.dumps(result, indent=1, allow_nan=False, ensure_ascii=False))
    else:
        _show(table, truth.datasets[TARGET.stem], comparison, form)
    print(f"report: {report.resolve()}", file=sys.stdout if form == "table" else sys.stderr)
    warn(table.warnings)


def _whole(table: ScoreTable) -> dict[str, ByDataset]:
    """The scores of those metrics that have one for every model."""
    found = {
        spec: {m: value for m, row in table.scores.items() if (value := row[spec]) is not None}
        for spec in table.metrics
    }
    return {
        spec: {TARGET.stem: scores}
        for spec, scores in found.items()
        if len(scores) == len(table.scores)
    }


def _show(table: ScoreTable, truth: dict[str, float], comparison: Comparison, form: str) -> None:
    ranking = table.ranking()
    models = ranking + [model for model in table.scores if model not in ranking]
    header = ["model", "accuracy", *table.metrics]
    rows: list[list[Any]] = [[m, truth[m], *table.scores[m].values()] for m in models]
    if form == "csv":
        print_csv(header, rows)
        return
    taus = {spec: each.mean["tau_w"] for spec, each in comparison.agreement.items()}
    last = ["tau_w", "", *(_cell(taus.get(spec), ".3f") for spec in table.metrics)]
    lines = [[m, f"{a:.3f}", *(_cell(s, ".4g") for s in scores)] for m, a, *scores in rows]
    print(ABOUT)
    print_table(header, [*lines, [""] * len(header), last])
    controls = {name: each.mean["tau_w"] for name, each in comparison.controls.items()}
    print("controls:", ", ".join(f"{name} {_cell(tau, '.3f')}" for name, tau in controls.items()))


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
