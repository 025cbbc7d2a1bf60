"""Reading scores back: what `score` wrote, or a CSV.

.json   the output of `score --format json`, on one dataset
.csv    model,<metric>,...  or  dataset,model,<metric>,...  (any order and case of the first two)
"""

import csv
import json
import math
from pathlib import Path
from typing import Any

from disco_jax.errors import InputError

from .order import best_rows
from .table import ScoreTable

ByDataset = dict[str, dict[str, float]]


def read_result(path: Path) -> dict[str, Any]:
    """The JSON of a result, with the parts that everybody relies on."""
    remedy = "give the output of disco-jax score --format json"
    try:
        result = json.loads(path.read_bytes())
    except OSError as why:
        raise InputError(path, "scores", f"cannot be read ({why.strerror})", remedy) from None
    except (ValueError, RecursionError):
        raise InputError(path, "scores", "not JSON", remedy) from None
    scores = result.get("scores") if isinstance(result, dict) else None
    if not isinstance(scores, dict) or not scores:
        raise InputError(path, "scores", "missing or empty", remedy)
    for model, row in scores.items():
        if not isinstance(row, dict) or not all(_number(value) for value in row.values()):
            raise InputError(path, f"scores of {model!r}", "not numbers by metric", remedy)
    return result


def read_table(path: Path) -> ScoreTable:
    """The same as the table that it was written from."""
    result = read_result(path)
    scores = result["scores"]
    specs = dict.fromkeys(spec for row in scores.values() for spec in row)
    return ScoreTable(
        str(result.get("task", "")),
        tuple(result.get("metrics") or specs),
        scores,
        terms=result.get("terms") or {},
        intervals=result.get("intervals") or {},
        models=result.get("models") or {},
        warnings=tuple(result.get("warnings") or ()),
        failures=tuple(result.get("failures") or ()),
        provenance=result.get("provenance") or {},
        grouped=bool(result.get("grouped")),
        race=result.get("race") or {},
    )


def _number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def read_scores(
    path: Path, dataset: str | None, *, group_layers: bool = False
) -> tuple[dict[str, ByDataset], list[str]]:
    """`{spec: {dataset: {model: score}}}`, and a warning for each score that is missing.

    A file that does not name its dataset is of the one given, or has the name of the file. Models
    with layers are scored as their best one where that is asked for, here or when they were scored.
    """
    if path.suffix.lower() == ".csv":
        rows = _csv_rows(path, dataset or path.stem)
    else:
        result = read_result(path)
        group_layers |= bool(result.get("grouped"))
        rows = [
            (dataset or path.stem, model, spec, value)
            for model, row in result["scores"].items()
            for spec, value in row.items()
        ]
    scores: dict[str, ByDataset] = {}
    warnings = []
    for name, model, spec, value in rows:
        if value is None:
            warnings.append(f"{path}: {model}: {spec}: no score, left out of the comparison")
            continue
        of_models = scores.setdefault(spec, {}).setdefault(name, {})
        if model in of_models:
            raise ValueError(f"{path}: {model!r} has two scores by {spec}; delete one")
        of_models[model] = value
    if not scores:
        raise InputError(path, "scores", "none in it", "score the models first")
    if group_layers:
        scores = {
            spec: {name: _of_models(rows) for name, rows in by_dataset.items()}
            for spec, by_dataset in scores.items()
        }
    return scores, warnings


def _of_models(rows: dict[str, float]) -> dict[str, float]:
    return {model: rows[row] for model, row in best_rows(rows).items()}


def _csv_rows(path: Path, dataset: str) -> list[tuple[str, str, str, float | None]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = [row for row in csv.reader(file, strict=True) if row]
    except OSError as why:
        raise InputError(path, "scores", f"cannot be read ({why.strerror})", "give a CSV") from None
    except (ValueError, csv.Error) as why:
        raise InputError(path, "scores", f"not CSV in UTF-8 ({why})", "save it again") from None
    columns = [name.strip() for name in table[0]] if table else []
    lower = [name.casefold() for name in columns]
    if "model" not in lower:
        raise InputError(path, "scores", "no column 'model'", "start with model,<metric>,...")
    at, of = lower.index("model"), lower.index("dataset") if "dataset" in lower else None
    found = []
    for number, row in enumerate(table[1:], 2):
        if len(row) != len(columns):
            wrong = f"row {number} has {len(row)} fields, the header {len(columns)}"
            raise InputError(path, "scores", wrong, "separate fields by one comma")
        name = dataset if of is None else row[of].strip()
        for column, cell in enumerate(row):
            if column not in (at, of):
                where = f"{path}: scores: row {number}, {columns[column]}"
                found.append((name, row[at].strip(), columns[column], _cell(cell, where)))
    return found


def _cell(text: str, where: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise ValueError(f"{where}: {text!r} is no number; correct it or leave it empty")
    return value
