"""Scores beside true accuracies: one table, the agreement underneath, and the same as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from disco_jax.accuracies import read_accuracies
from disco_jax.controls import ByDataset, Comparison, compare
from disco_jax.score_table import ScoreTable

from .compare import to_dict
from .printing import print_csv, print_table, warn


class Truth(NamedTuple):
    """Where the accuracies are, and of which dataset."""

    path: Path
    dataset: str


class Judged(NamedTuple):
    """Scores, the accuracies of the same models, how they agree, and all of it as JSON."""

    table: ScoreTable
    accuracies: Mapping[str, float]
    comparison: Comparison
    result: dict[str, Any]


def truth_of(path: Path, dataset: str | None, data: str, asked: bool) -> Truth | None:
    """The dataset that was named, or that has the name of the data, or is the only one.

    None where there is none and nobody asked for it.
    """
    known = list(read_accuracies(path).datasets)
    wanted = (dataset or data).casefold()
    found = next((name for name in known if name.casefold() == wanted), None)
    if found is None and dataset is None and len(known) == 1:
        found = known[0]
    if found is None and not asked:
        return None
    if found is None:
        remedy = f"say --dataset with one of its own: {', '.join(known)}"
        raise ValueError(f"{path}: accuracies: none for dataset {dataset or data!r}; {remedy}")
    return Truth(path, found)


def judged(table: ScoreTable, truth: Truth) -> Judged:
    """The scores compared; metrics that miss a model are left out of the agreement."""
    found = read_accuracies(truth.path, models=list(table.scores), drop_unscored=True)
    only = found._replace(datasets={truth.dataset: found.datasets[truth.dataset]})
    comparison = compare(_whole(table, truth.dataset), only)
    result = table.to_dict() | to_dict(comparison, []) | {"accuracies": only.datasets}
    return Judged(table, only.datasets[truth.dataset], comparison, result)


def _whole(table: ScoreTable, dataset: str) -> dict[str, ByDataset]:
    """The scores of those metrics that have one for every model."""
    found = {spec: {m: row[spec] for m, row in table.scores.items()} for spec in table.metrics}
    return {
        spec: {dataset: {m: float(value) for m, value in scores.items() if value is not None}}
        for spec, scores in found.items()
        if None not in scores.values()
    }


def show(judged: Judged, form: str) -> None:
    """Print the table, best first by the first metric."""
    if form == "json":
        print(json.dumps(judged.result, indent=1, allow_nan=False, ensure_ascii=False))
        return
    table, truth = judged.table, judged.accuracies
    ranking = table.ranking()
    models = ranking + [model for model in table.scores if model not in ranking]
    header = ["model", "accuracy", *table.metrics]
    rows: list[list[Any]] = [[m, truth[m], *table.scores[m].values()] for m in models]
    if form == "csv":
        print_csv(header, rows)
    else:
        taus = {spec: each.mean["tau_w"] for spec, each in judged.comparison.agreement.items()}
        last = ["tau_w", "", *(_cell(taus.get(spec), ".3f") for spec in table.metrics)]
        lines = [[m, _accuracy(a), *(_cell(s, ".4g") for s in scores)] for m, a, *scores in rows]
        print_table(header, [*lines, [""] * len(header), last])
        controls = judged.comparison.controls.items()
        told = ", ".join(f"{name} {_cell(each.mean['tau_w'], '.3f')}" for name, each in controls)
        print("controls:", told)
    warn([*(f"failed: {each['error']}" for each in table.failures), *table.warnings])


def _accuracy(value: float) -> str:
    return f"{value:.3f}" if value <= 1 else f"{value:.2f}"


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
