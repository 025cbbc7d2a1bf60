"""`compare`: scores, wherever they are, against true accuracies, beside the controls."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from disco_jax.errors import InputError
from disco_jax.results import ByDataset, ScoreTable, read_scores

from .accuracies import Accuracies, for_models, read_accuracies
from .controls import Comparison, compare_scores

File = str | os.PathLike[str]


def compare(
    scores: ScoreTable | File | Sequence[File] | Mapping[str, ByDataset],
    accuracies: Accuracies | File,
    *,
    dataset: str | None = None,
    group_layers: bool = False,
) -> Comparison:
    """Every metric and every control against the true accuracies.

    Args:
        scores: What `score` or `rank` returned; files of scores, JSON or CSV; or
            `{spec: {dataset: {model: score}}}`, all specs on the same datasets.
        accuracies: A CSV, or what `read_accuracies` returned. Further datasets count in the static
            control; parameter counts and source accuracies make two more controls.
        dataset: Which dataset of the accuracies the scores are of, where they do not say it.
        group_layers: Models of files by their best layer, not every layer by itself.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    if isinstance(accuracies, Accuracies):
        where, truth = "accuracies", accuracies
    else:
        where, truth = os.fspath(accuracies), read_accuracies(accuracies)
    if isinstance(scores, ScoreTable):
        return _of_table(scores, truth, where, dataset)
    if isinstance(scores, Mapping):
        return compare_scores(scores, truth)
    files = [scores] if isinstance(scores, str | os.PathLike) else scores
    return _of_files([Path(file) for file in files], truth, where, dataset, group_layers)


def dataset_of(
    accuracies: Accuracies, where: str, dataset: str | None, data: str = ""
) -> str | None:
    """The dataset that is named, or that has the name of the data, or is the only one there is.

    None where nothing names one.
    """
    known = {name.casefold(): name for name in accuracies.datasets}
    found = known.get((dataset or data).casefold())
    if found is None and dataset is not None:
        raise no_dataset(accuracies, where, dataset)
    return next(iter(known.values())) if found is None and len(known) == 1 else found


def no_dataset(accuracies: Accuracies, where: str, name: str) -> InputError:
    """That there are no accuracies for a dataset; for none that is named, which there are."""
    problem = f"none for dataset {name!r}" if name else f"of {len(accuracies.datasets)} datasets"
    remedy = f"choose --dataset among {', '.join(accuracies.datasets)}"
    return InputError(where, "accuracies", problem, remedy)


def _of_table(table: ScoreTable, truth: Accuracies, where: str, dataset: str | None) -> Comparison:
    """Metrics that miss a model are left out of the agreement."""
    name = dataset_of(truth, where, dataset)
    if name is None:
        raise no_dataset(truth, where, "")
    scores = table.shown()["scores"]
    truth = for_models(truth, list(scores), where, drop_unscored=True)
    columns = {spec: {m: row[spec] for m, row in scores.items()} for spec in table.metrics}
    whole = {
        spec: {name: {m: float(value) for m, value in column.items() if value is not None}}
        for spec, column in columns.items()
        if None not in column.values()
    }
    return compare_scores(whole, truth)


def _of_files(
    files: Sequence[Path], truth: Accuracies, where: str, dataset: str | None, group_layers: bool
) -> Comparison:
    if dataset is None and len(files) == 1 and len(truth.datasets) == 1:
        dataset = next(iter(truth.datasets))
    scores: dict[str, ByDataset] = {}
    warnings: list[str] = []
    for path in files:
        found, said = read_scores(path, dataset, group_layers=group_layers)
        warnings += said
        for spec, by_dataset in found.items():
            for name, of_models in by_dataset.items():
                if name in scores.setdefault(spec, {}):
                    problem = f"{spec} on {name!r} is in an earlier file"
                    raise InputError(path, "scores", problem, "drop one")
                scores[spec][name] = of_models
    named = _as_named(scores, truth, where, warnings)
    models = sorted({m for rows in named.values() for row in rows.values() for m in row})
    if unscored := sorted(set(next(iter(truth.datasets.values()))) - set(models)):
        which = ", ".join(unscored[:3]) + (", ..." if len(unscored) > 3 else "")
        warnings.append(f"{where}: {len(unscored)} models have no score and are left out ({which})")
    compared = compare_scores(named, for_models(truth, models, where, drop_unscored=True))
    return compared._replace(warnings=tuple(warnings))


def _as_named(
    scores: dict[str, ByDataset], truth: Accuracies, where: str, warnings: list[str]
) -> dict[str, ByDataset]:
    """The datasets that have accuracies, under the names they have there, whatever the case."""
    names = {name.casefold(): name for name in truth.datasets}
    given = dict.fromkeys(name for by_dataset in scores.values() for name in by_dataset)
    if odd := [name for name in given if name.casefold() not in names]:
        if len(odd) == len(given):
            raise no_dataset(truth, where, odd[0])
        known, missing = ", ".join(truth.datasets), ", ".join(map(repr, odd))
        warnings.append(f"{where}: no accuracies for {missing}, left out (there are: {known})")
    return {
        spec: {
            names[name.casefold()]: row
            for name, row in by_dataset.items()
            if name.casefold() in names
        }
        for spec, by_dataset in scores.items()
    }
