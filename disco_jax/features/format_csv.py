"""CSV: a line of names, then a line per sample; `columns` says which column is what.

Numbers are read as float64. Labels and ids are integers where all are written as such, or text.
"""

import csv
import io
from array import array
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from disco_jax.errors import InputError

from .arrays import text_array
from .columns import RENAME, TEXT, places_of
from .stored import check_at_once


def read_csv(path: Path, file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields; whatever it raises means that the file is damaged."""
    with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        lines = csv.reader(text, strict=True)
        names = [name.strip() for name in next(lines, [])]
        places = places_of(str(path), names)
        numbers = {field: array("d") for field in places if field not in TEXT}
        texts: dict[str, list[str]] = {field: [] for field in places if field in TEXT}
        for row in lines:
            if not row:
                continue
            if len(row) != len(names):
                problem = f"{len(row)} fields, the first line has {len(names)}"
                remedy = "separate fields by one comma"
                raise InputError(str(path), f"line {lines.line_num}", problem, remedy)
            for field, values in numbers.items():
                _add(path, lines.line_num, names, places[field], row, values)
                check_at_once(path, field, values.itemsize * len(values))
            for field, cells in texts.items():
                cells += _filled(path, lines.line_num, names, places[field], row)
    found: dict[str, Any] = {f: _shaped(np.array(n), places[f]) for f, n in numbers.items()}
    found |= {field: _shaped(_values(cells), places[field]) for field, cells in texts.items()}
    if found["features"].ndim == 1:
        found["features"] = found["features"][:, None]
    return found, {}


def _add(
    path: Path, line: int, names: list[str], places: list[int], row: list[str], values: Any
) -> None:
    done = len(values)
    try:
        values.extend(map(float, [row[place] for place in places]))
    except ValueError:
        at = places[len(values) - done]
        where, cell = f"line {line}, column {names[at]!r}", row[at][:40]
        raise InputError(
            str(path), where, f"{cell!r} is no number", f"correct it, or {RENAME}"
        ) from None


def _filled(
    path: Path, line: int, names: list[str], places: list[int], row: list[str]
) -> list[str]:
    cells = [row[place].strip() for place in places]
    if "" in cells:
        where = f"line {line}, column {names[places[cells.index('')]]!r}"
        raise InputError(str(path), where, "empty", "fill it in")
    return cells


def _values(cells: list[str]) -> np.ndarray:
    """Integers or real numbers, where all cells are written as such, or text, as `007`."""
    try:
        numbers = [int(cell) for cell in cells]
        if [str(number) for number in numbers] == cells:
            return np.array(numbers, np.int64)
    except OverflowError:
        return text_array(cells)
    except ValueError:
        try:
            return np.array([float(cell) for cell in cells])
        except ValueError:
            return text_array(cells)
    return text_array(cells)


def _shaped(values: np.ndarray, places: list[int]) -> np.ndarray:
    return values if len(places) == 1 else values.reshape(-1, len(places))
