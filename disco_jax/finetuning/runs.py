"""Fine-tuning runs, and the file that keeps them: one row each, read as accuracies by `compare`.

A row says what came out and all that is needed to make it again. Several seeds are several rows.
Files without the last column, the learning curve, are read too.
"""

import csv
import importlib.metadata
import io
import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from disco_jax import __version__
from disco_jax.atomic import write_text
from disco_jax.errors import InputError

DONE, SELECTED, DIVERGED = "done", "selected", "diverged"


class Run(NamedTuple):
    """One network on one data set with one seed."""

    model: str
    dataset: str
    accuracy: float  # on the test pictures: of right answers, R^2 or overlap
    seed: int
    status: str  # done; selected, its rate after a part of the epochs as `validations` are; or
    # diverged at every rate: the accuracy is that of a constant answer
    task: str
    tune: str
    rate: float  # the one that was taken
    validation: float  # the same measure on the validation pictures
    rates: str  # that were tried, and
    validations: str  # how good each was
    epochs: int
    batch: int
    pixels: int
    train: int  # pictures; a fifth for validation
    test: int
    params: int  # weights without the head
    weights: str  # what identifies the network's file
    data: str  # and the pictures
    versions: str
    curve: str = ""  # validation after each epoch at the rate that was taken

    def to_dict(self) -> dict[str, Any]:
        """As JSON, null for what is not finite."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in self._asdict().items()
        }


_READ = {"int": int, "float": float, "str": str}


def listed(values: Sequence[float]) -> str:
    """Numbers in one field."""
    return " ".join(f"{value:.6g}" for value in values)


def numbers(text: str) -> list[float]:
    """The numbers in one field."""
    return [float(each) for each in text.split()]


@cache
def versions() -> str:
    """Of the libraries that a result depends on."""
    others = (f"{name} {importlib.metadata.version(name)}" for name in ("jax", "optax"))
    return " ".join([f"disco-jax {__version__}", *others])


def write_runs(path: Path, runs: Iterable[Run]) -> None:
    """The file, whole or not at all."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(Run._fields)
    for run in runs:
        rows.writerow(f"{value:.6g}" if isinstance(value, float) else value for value in run)
    try:
        write_text(path, text.getvalue())
    except OSError as why:
        problem = f"cannot be written ({why.strerror or why})"
        raise InputError(path, "out", problem, "make room, or choose another file") from why


def read_runs(path: Path) -> list[Run]:
    """The rows of a file that `write_runs` wrote; none where there is no file."""
    if not path.exists():
        return []
    remedy = "choose another file for --out"
    try:
        rows = list(csv.reader(io.StringIO(path.read_text("utf-8"), newline=""), strict=True))
    except OSError as why:
        raise InputError(path, "out", f"cannot be read ({why.strerror})", remedy) from why
    except (ValueError, csv.Error) as why:
        raise InputError(path, "out", f"no CSV ({why})", remedy) from why
    if not rows or tuple(rows[0]) not in (Run._fields, Run._fields[:-1]):
        raise InputError(path, "out", "other accuracies are there already", remedy)
    try:
        return [_run(row, len(rows[0])) for row in rows[1:]]
    except (TypeError, ValueError) as why:
        raise InputError(path, "out", f"damaged ({why})", remedy) from why


def _run(row: Sequence[str], width: int) -> Run:
    kinds = list(Run.__annotations__.values())[:width]
    run = Run(*(_READ[kind.__name__](text) for kind, text in zip(kinds, row, strict=True)))
    numbers(run.curve)
    return run
