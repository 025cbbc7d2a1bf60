"""True accuracies of a hub's models, read from CSV, Parquet or JSON; see `rows`.

Two forms, told apart by the header (upper and lower case are the same in the names of columns):

    tidy  model,dataset,accuracy[,seed][,OF_MODEL]   in any order, others ignored
    wide  model,<dataset>,<dataset>,...[,OF_MODEL]   `model` first

A file with both a `dataset` and an `accuracy` column is tidy. Of several seeds the mean is taken,
as `disco-jax finetune` writes them. Of a model are `params`, `source_accuracy` and the text
`source_data`, which may be empty; each must be the same wherever the model stands. Every model
needs an accuracy on every dataset, unless holes are allowed: the controls average over datasets,
and a hole would be another hub on that dataset.

Whatever is wrong is an `InputError`, one line that names the file, the line or field, and a remedy.
"""

import os
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from disco_jax.errors import InputError

from .rows import MISSING, OF_MODEL, SOURCE, Rows


class Accuracies(NamedTuple):
    """The content of a file of accuracies, in the order of the file."""

    datasets: dict[str, dict[str, float]]  # {dataset: {model: accuracy}}, the same models in each
    params: dict[str, float] | None = None  # {model: number of parameters}
    source_accuracy: dict[str, float] | None = None  # {model: accuracy on its pre-training data}
    source_data: Mapping[str, str] = {}  # {model: what it was pre-trained on}, where known


def read_accuracies(
    path: str | os.PathLike[str],
    *,
    models: Collection[str] | None = None,
    drop_unscored: bool = False,
    holes: bool = False,
) -> Accuracies:
    """Read a table of accuracies, tidy or wide.

    Args:
        path: The file.
        models: The models that have scores. Each must have accuracies, and, unless
            `drop_unscored`, the file must hold no others.
        drop_unscored: Leave out the file's models that are not among `models`.
        holes: Whether a model may be without an accuracy on a dataset; it is not there then.
    """
    table = _parse(Rows(Path(path)), holes)
    if models is None:
        return table
    return for_models(table, models, path, drop_unscored=drop_unscored)


def _parse(file: Rows, holes: bool) -> Accuracies:
    datasets: dict[str, dict[str, dict[str, float]]] = {}  # dataset -> model -> seed
    per_model: dict[str, dict[str, float]] = {name: {} for name in OF_MODEL if name in file.columns}
    sources: dict[str, str] = {}
    named = [
        (column, name)
        for column, name in zip(file.columns, file.header, strict=True)
        if column not in ("model", SOURCE, *OF_MODEL)
    ]
    for cell in file.rows():
        model = file.name(cell, "model")
        seed = cell("seed") if file.tidy and "seed" in file.columns else ""
        for column, name in [("accuracy", file.name(cell, "dataset"))] if file.tidy else named:
            of_seeds = datasets.setdefault(name, {}).setdefault(model, {})
            if seed in of_seeds:
                raise file.error(
                    f"gives model {model!r} a second accuracy on dataset {name!r}"
                    + (f" with seed {seed}" if seed else ""),
                    "delete one of the two",
                )
            if not (holes and cell(column).casefold() in MISSING):
                of_seeds[seed] = file.number(cell, column)
        for column, found in per_model.items():
            value = file.number(cell, column)
            if found.setdefault(model, value) != value:
                raise file.error(
                    f"gives model {model!r} {value:g} as {column!r} where it was {found[model]:g}",
                    "give it the same in every line",
                )
        if SOURCE in file.columns and sources.setdefault(model, cell(SOURCE)) != cell(SOURCE):
            raise file.error(
                f"gives model {model!r} {cell(SOURCE)!r} as {SOURCE!r} where it was "
                f"{sources[model]!r}",
                "give it the same in every line",
            )
    means = {
        name: {model: fmean(runs.values()) for model, runs in of_models.items() if runs}
        for name, of_models in datasets.items()
    }
    _check_grid(means, file.path, holes)
    known = {model: source for model, source in sources.items() if source}
    return Accuracies(means, per_model.get("params"), per_model.get("source_accuracy"), known)


def _check_grid(datasets: dict[str, dict[str, float]], path: Path, may_have_holes: bool) -> None:
    if not any(datasets.values()):
        raise InputError(path, "file", "a header but no line of data", "add a line per model")
    models = dict.fromkeys(model for of_models in datasets.values() for model in of_models)
    holes = [(m, name) for name, found in datasets.items() for m in models if m not in found]
    if holes and not may_have_holes:
        model, name = holes[0]
        problem = f"none on dataset {name!r}{_more(len(holes))}"
        remedy = "add it, or leave out the model or the dataset"
        raise InputError(path, f"model {model!r}", problem, remedy)


def for_models(
    table: Accuracies,
    models: Collection[str],
    path: str | os.PathLike[str],
    *,
    drop_unscored: bool = False,
) -> Accuracies:
    """The accuracies of these models, of a table that was read from a file; see there."""
    known = next(iter(table.datasets.values()))
    if missing := [model for model in models if model not in known]:
        near = get_close_matches(missing[0], known, n=1)
        meant = f" (it has {near[0]!r})" if near else ""
        problem = f"not there{meant}{_more(len(missing))}"
        remedy = "add its accuracy, or name it as in the scores"
        raise InputError(path, f"model {missing[0]!r}", problem, remedy)
    unscored = [model for model in known if model not in models]
    if unscored and not drop_unscored:
        problem = f"accuracies but no score{_more(len(unscored))}"
        raise InputError(path, f"model {unscored[0]!r}", problem, "score it or delete its lines")

    def only(of_models: dict[str, float]) -> dict[str, float]:
        return {model: value for model, value in of_models.items() if model in models}

    return Accuracies(
        {name: only(of_models) for name, of_models in table.datasets.items()},
        table.params and only(table.params),
        table.source_accuracy and only(table.source_accuracy),
        {model: source for model, source in table.source_data.items() if model in models},
    )


def _more(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""
