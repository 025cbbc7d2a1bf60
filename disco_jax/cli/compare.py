"""`disco-jax compare`."""

import json
from pathlib import Path
from typing import NamedTuple

from disco_jax.accuracies import Accuracies, for_models, read_accuracies
from disco_jax.controls import Comparison, HubAgreement, compare
from disco_jax.score_files import ByDataset, read_scores

from .printing import print_csv, print_table, warn

MEASURES = ("tau_w", "kendall", "spearman", "pearson", "regret", "rel_at_1", "rel_at_3")
MORE = ("recall_at_1", "recall_at_3")


def run(files: list[Path], dataset: str | None, group_layers: bool, form: str) -> None:
    """Compare and print."""
    if len(files) < 2:
        raise ValueError("compare: one file only; give SCORES and then ACCURACIES.csv")
    *scored, truth = files
    comparison, _, warnings = compared(scored, truth, dataset, group_layers)
    if form == "json":
        print(json.dumps(to_dict(comparison, warnings), indent=1, allow_nan=False))
        return
    header = ["metric", "datasets", *MEASURES, *MORE]
    rows = [[name, _datasets(each), *_means(each)] for name, each in comparison.agreement.items()]
    rows += [
        [f"control: {name}", _datasets(each), *_means(each)]
        for name, each in comparison.controls.items()
    ]
    if form == "csv":
        print_csv(header, rows)
    else:
        print_table(header, [[_short(cell) for cell in row] for row in rows])
    warn(warnings)


class Compared(NamedTuple):
    """A comparison, the accuracies it is with, and what was left out."""

    comparison: Comparison
    accuracies: Accuracies
    warnings: list[str]


def compared(
    scored: list[Path], truth: Path, dataset: str | None, group_layers: bool = False
) -> Compared:
    """Scores of some files against the accuracies of one."""
    table = read_accuracies(truth)
    if dataset is None and len(scored) == 1 and len(table.datasets) == 1:
        dataset = next(iter(table.datasets))
    scores: dict[str, ByDataset] = {}
    warnings: list[str] = []
    for path in scored:
        found, said = read_scores(path, dataset, group_layers=group_layers)
        warnings += said
        for spec, by_dataset in found.items():
            for name, of_models in by_dataset.items():
                if name in scores.setdefault(spec, {}):
                    raise ValueError(f"{path}: {spec} on {name!r} is in an earlier file; drop one")
                scores[spec][name] = of_models
    named = _as_named(scores, table, truth, warnings)
    models = sorted({m for rows in named.values() for row in rows.values() for m in row})
    accuracies = for_models(table, models, truth, drop_unscored=True)
    known = set(next(iter(table.datasets.values())))
    if unscored := sorted(known - set(models)):
        which = ", ".join(unscored[:3]) + (", ..." if len(unscored) > 3 else "")
        warnings.append(f"{truth}: {len(unscored)} models have no score and are left out ({which})")
    return Compared(compare(named, accuracies), accuracies, warnings)


def _as_named(
    scores: dict[str, ByDataset], table: Accuracies, truth: Path, warnings: list[str]
) -> dict[str, ByDataset]:
    """The datasets that have accuracies, under the names they have there, whatever the case."""
    names = {name.casefold(): name for name in table.datasets}
    given = dict.fromkeys(name for by_dataset in scores.values() for name in by_dataset)
    if odd := [name for name in given if name.casefold() not in names]:
        known, missing = ", ".join(table.datasets), ", ".join(map(repr, odd))
        if len(odd) == len(given):
            remedy = f"say --dataset with one of its own: {known}"
            raise ValueError(f"{truth}: accuracies: none for dataset {odd[0]!r}; {remedy}")
        warnings.append(f"{truth}: no accuracies for {missing}, left out (there are: {known})")
    return {
        spec: {
            names[name.casefold()]: row
            for name, row in by_dataset.items()
            if name.casefold() in names
        }
        for spec, by_dataset in scores.items()
    }


def to_dict(comparison: Comparison, warnings: list[str]) -> dict:
    """As JSON: the means under each measure, and every dataset."""

    def part(found: dict[str, HubAgreement]) -> dict:
        return {name: {**each.mean, "datasets": each.datasets} for name, each in found.items()}

    whole = {"agreement": part(comparison.agreement), "controls": part(comparison.controls)}
    return {**whole, "warnings": warnings} if warnings else whole


def _datasets(each: HubAgreement) -> int:
    return len(each.datasets)


def _means(each: HubAgreement) -> list[float | None]:
    return [each.mean[name] for name in (*MEASURES, *MORE)]


def _short(value: str | int | float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
