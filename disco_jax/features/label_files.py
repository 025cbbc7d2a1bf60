"""Labels for a whole hub from one file.

.npy           an array (n,), or (n, L) of 0 and 1; never unpickled
.txt or .csv   one label per line, integers or any text; a first line `label` is a header; in a
               CSV a label with a comma in it is quoted
"""

import csv
from pathlib import Path

import numpy as np

from disco_jax.errors import InputError

REMEDY = "give an .npy array, or a .txt or .csv file with one label per line"


def read_labels(path: Path) -> np.ndarray:
    """The labels of a file; those of a text file are text, and real values are not classes."""
    if path.suffix.lower() not in (".npy", ".txt", ".csv"):
        raise InputError(str(path), "labels", f"suffix {path.suffix!r}", REMEDY)
    try:
        if path.suffix.lower() == ".npy":
            return np.asarray(np.load(path, allow_pickle=False))
        lines = path.read_text("utf-8-sig").splitlines()
        if path.suffix.lower() == ".csv":
            lines = [_only(path, at, row) for at, row in enumerate(csv.reader(lines), 1)]
    except InputError:
        raise
    except OSError as why:
        raise InputError(str(path), "labels", f"cannot be read ({why.strerror})", REMEDY) from why
    except (ValueError, EOFError, csv.Error) as why:
        raise InputError(str(path), "labels", "neither text nor an array", REMEDY) from why
    values = [line.strip() for line in lines]
    while values and not values[-1]:
        values.pop()
    if values and values[0].casefold() in ("label", "labels"):
        values = values[1:]
    if "" in values:
        line = values.index("") + 1
        raise InputError(str(path), "labels", f"label {line} is empty", "fill it in")
    if not values:
        raise InputError(str(path), "labels", "no labels in it", REMEDY)
    if _is(float, values) and not _is(int, values):
        remedy = "give classes; real values are targets (regression), saved with each model"
        raise InputError(str(path), "labels", f"real-valued, as {values[0]}", remedy)
    return np.array(values)


def _is(kind: type, values: list[str]) -> bool:
    """Whether all are numbers of a kind."""
    try:
        for value in values:
            kind(value)
    except ValueError:
        return False
    return True


def _only(path: Path, line: int, row: list[str]) -> str:
    if len(row) > 1:
        problem = f"line {line} has {len(row)} fields"
        raise InputError(str(path), "labels", problem, "give the column of labels alone")
    return row[0] if row else ""
