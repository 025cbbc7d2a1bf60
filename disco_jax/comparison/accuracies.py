"""True accuracies of a hub's models, read from CSV.

Two forms, told apart by the header (upper and lower case are the same in the names of columns):

    tidy  model,dataset,accuracy[,seed][,params][,source_accuracy]   in any order, others ignored
    wide  model,<dataset>,<dataset>,...[,params][,source_accuracy]   `model` first

A file with both a `dataset` and an `accuracy` column is tidy. Of several seeds the mean is taken,
as `disco-jax finetune` writes them. `params` and `source_accuracy` belong
to the model and must be the same wherever it stands. Every model needs an accuracy on every
dataset: the controls average over datasets, and a hole would be another hub on that dataset.

Whatever is wrong is an `InputError`, one line that names the file, the line or field, and a remedy.
"""

import csv
import io
import math
import os
from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches
from pathlib import Path
from reprlib import repr as short
from statistics import fmean
from typing import NamedTuple

from disco_jax.errors import InputError

_OF_MODEL = ("params", "source_accuracy")


class Accuracies(NamedTuple):
    """The content of a file of accuracies, in the order of the file."""

    datasets: dict[str, dict[str, float]]  # {dataset: {model: accuracy}}, the same models in each
    params: dict[str, float] | None = None  # {model: number of parameters}
    source_accuracy: dict[str, float] | None = None  # {model: accuracy on its pre-training data}


def read_accuracies(
    path: str | os.PathLike[str],
    *,
    models: Collection[str] | None = None,
    drop_unscored: bool = False,
) -> Accuracies:
    """Read a CSV of accuracies, tidy or wide.

    Args:
        path: The file.
        models: The models that have scores. Each must have accuracies, and, unless
            `drop_unscored`, the file must hold no others.
        drop_unscored: Leave out the file's models that are not among `models`.
    """
    table = _parse(_Reader(Path(path)))
    if models is None:
        return table
    return for_models(table, models, path, drop_unscored=drop_unscored)


class _Reader:
    """The header of a file and its rows, and where in the file they stand."""

    def __init__(self, path: Path):
        self.path, self.line = path, 1
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            raise InputError(path, "file", problem, "give a CSV file of accuracies") from None
        except UnicodeDecodeError as error:
            problem = f"not UTF-8 text (byte {error.start})"
            raise InputError(path, "file", problem, "save it as a UTF-8 CSV file") from None
        self._rows = self._read(text)
        self.header = next(self._rows, [])
        self._check_header()

    def _read(self, text: str) -> Iterator[list[str]]:
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            for row in rows:
                self.line = rows.line_num
                if row:
                    yield [cell.strip() for cell in row]
        except csv.Error as error:
            self.line = rows.line_num
            raise self.error(f"not CSV ({error})", "quote it as CSV wants it") from None

    def error(self, wrong: str, remedy: str) -> InputError:
        return InputError(self.path, f"line {self.line}", wrong, remedy)

    def _check_header(self) -> None:
        forms = (
            "start with a header line, model,dataset,accuracy or model,<dataset>,<dataset>,..., "
            "with commas between the names"
        )
        self.columns = [name.casefold() for name in self.header]
        if not self.header:
            raise InputError(self.path, "file", "empty", forms)
        if "model" not in self.columns or len(self.columns) < 2:
            raise self.error(f"no header of accuracies, it reads {short(self.header)}", forms)
        if twice := [c for i, c in enumerate(self.columns) if c in self.columns[:i]]:
            raise self.error(f"names column {twice[0]!r} twice", "rename or delete one")
        self.tidy = {"dataset", "accuracy"} <= set(self.columns)
        if self.tidy:
            return
        if "dataset" in self.columns:
            raise self.error("has a column 'dataset' but none 'accuracy'", forms)
        if self.columns[0] != "model":
            raise self.error(f"has {short(self.header[0])} before the column 'model'", forms)
        if "" in self.columns:
            raise self.error(f"leaves column {self.columns.index('') + 1} without a name", forms)
        if not set(self.columns) - {"model", *_OF_MODEL}:
            raise self.error("names no dataset", forms)

    def rows(self) -> Iterator[Callable[[str], str]]:
        """Per row of data, the function from the name of a column to what stands there."""
        for row in self._rows:
            if len(row) != len(self.header):
                raise self.error(
                    f"has {len(row)} fields where the header has {len(self.header)}",
                    "separate fields by one comma and write decimals with a point",
                )
            yield dict(zip(self.columns, row, strict=True)).__getitem__

    def name(self, cell: Callable[[str], str], column: str) -> str:
        if not cell(column):
            raise self.error(f"has no {column}", f"fill in the field {column!r} or delete the line")
        return cell(column)

    def number(self, cell: Callable[[str], str], column: str) -> float:
        text = cell(column)
        try:
            value = float(text) if "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            wrong = f"has {short(text)} as {column!r}" if text else f"has nothing as {column!r}"
            raise self.error(wrong, "give a finite number, without unit or percent sign")
        return value


def _parse(file: _Reader) -> Accuracies:
    datasets: dict[str, dict[str, dict[str, float]]] = {}  # dataset -> model -> seed
    per_model: dict[str, dict[str, float]] = {
        name: {} for name in _OF_MODEL if name in file.columns
    }
    named = [
        (column, name)
        for column, name in zip(file.columns, file.header, strict=True)
        if column not in ("model", *_OF_MODEL)
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
            of_seeds[seed] = file.number(cell, column)
        for column, found in per_model.items():
            value = file.number(cell, column)
            if found.setdefault(model, value) != value:
                raise file.error(
                    f"gives model {model!r} {value:g} as {column!r} where it was {found[model]:g}",
                    "give it the same in every line",
                )
    means = {
        name: {model: fmean(of_seeds.values()) for model, of_seeds in of_models.items()}
        for name, of_models in datasets.items()
    }
    _check_grid(means, file.path)
    return Accuracies(means, per_model.get("params"), per_model.get("source_accuracy"))


def _check_grid(datasets: dict[str, dict[str, float]], path: Path) -> None:
    if not datasets:
        raise InputError(path, "file", "a header but no line of data", "add a line per model")
    models = dict.fromkeys(model for of_models in datasets.values() for model in of_models)
    holes = [(m, name) for name, found in datasets.items() for m in models if m not in found]
    if holes:
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
    )


def _more(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""
