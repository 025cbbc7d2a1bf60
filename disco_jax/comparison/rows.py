"""The rows of a table of accuracies, from CSV, Parquet or JSON, and where in the file they stand.

Other people's names of the columns are known: of TransferGraph, where a row is a run, and of PARC,
where a model is an architecture and the data it was trained on. JSON is what `compare` prints, or
{"accuracy": {dataset: {model: number}}}.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from reprlib import repr as short
from typing import Any

from disco_jax.arrow_file import read_table, require_pyarrow
from disco_jax.errors import InputError

OF_MODEL = ("params", "source_accuracy")  # numbers
SOURCE = "source_data"
TIDY = ["model", "dataset", "accuracy"]
ALIASES = {
    "finetuned_dataset": "dataset",
    "target dataset": "dataset",
    "test_accuracy": "accuracy",
    "oracle": "accuracy",
}
NAMED_BY = ["architecture", "source dataset"]  # both together, where no column names the model
LARGEST = 10**9  # bytes
MISSING = {"", "-", "na", "nan", "none", "null"}
FORMS = (
    "start with a header line, model,dataset,accuracy or model,<dataset>,<dataset>,..., "
    "with commas between the names"
)


class Rows:
    """The header of a table and its rows."""

    def __init__(self, path: Path):
        self.path, self.line = path, 1
        kind = path.suffix.lower()
        self._rows = {".parquet": self._parquet, ".json": self._json}.get(kind, self._csv)()
        self.header = next(self._rows, [])
        self._check_header()

    def error(self, wrong: str, remedy: str) -> InputError:
        """What is wrong with the line that was read last."""
        return InputError(self.path, f"line {self.line}", wrong, remedy)

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
        """What names the model or dataset of a row."""
        if column == "model" and "model" not in self.columns:
            return " ".join(self.name(cell, part) for part in NAMED_BY)
        if not cell(column):
            raise self.error(f"has no {column}", f"fill in the field {column!r} or delete the line")
        return cell(column)

    def number(self, cell: Callable[[str], str], column: str) -> float:
        """A finite number."""
        text = cell(column)
        try:
            value = float(text) if "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            wrong = f"has {short(text)} as {column!r}" if text else f"has nothing as {column!r}"
            raise self.error(wrong, "give a finite number, without unit or percent sign")
        return value

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as why:
            problem = f"cannot be read ({why.strerror})"
            raise InputError(self.path, "file", problem, "give a CSV file of accuracies") from None

    def _csv(self) -> Iterator[list[str]]:
        try:
            text = self._bytes().decode("utf-8-sig")
        except UnicodeDecodeError as why:
            problem = f"not UTF-8 text (byte {why.start})"
            raise InputError(self.path, "file", problem, "save it as a UTF-8 CSV file") from None
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            for row in rows:
                self.line = rows.line_num
                if row:
                    yield [cell.strip() for cell in row]
        except csv.Error as why:
            self.line = rows.line_num
            raise self.error(f"not CSV ({why})", "quote it as CSV wants it") from None

    def _parquet(self) -> Iterator[list[str]]:
        require_pyarrow(self.path)
        import pyarrow

        try:
            raw = pyarrow.py_buffer(self._bytes())
            columns = read_table(raw, list, self._check_size, parquet=True).to_pydict()
        except InputError:
            raise
        except Exception as why:
            problem = f"not Parquet ({str(why).splitlines()[0] if str(why) else 'damaged'})"
            raise InputError(self.path, "file", problem, "write it again") from None
        yield list(columns)
        for self.line, row in enumerate(zip(*columns.values(), strict=True), 2):
            yield [_text(value) for value in row]

    def _check_size(self, size: int) -> None:
        if size > LARGEST:
            problem = f"{size / 1e9:.1f} GB unpacked"
            raise InputError(self.path, "file", problem, "give a table of accuracies")

    def _json(self) -> Iterator[list[str]]:
        remedy = 'give what compare --format json prints, or {"accuracy": {dataset: {model: x}}}'
        try:
            found = json.loads(self._bytes())
        except (ValueError, RecursionError):
            raise InputError(self.path, "file", "not JSON", remedy) from None
        parts = found if isinstance(found, dict) else {}
        table = parts.get("accuracies", parts.get("accuracy"))
        if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
            raise InputError(self.path, "accuracies", "not there", remedy)
        yield TIDY
        for dataset, row in table.items():
            yield from ([model, dataset, _text(value)] for model, value in row.items())

    def _check_header(self) -> None:
        given = [name.casefold() for name in self.header]
        ours = {name: known for name, known in ALIASES.items() if known not in given}
        self.columns = [ours.get(name, name) for name in given]
        named = "model" in self.columns or set(NAMED_BY) <= set(self.columns)
        if not self.header:
            raise InputError(self.path, "file", "empty", FORMS)
        if not named or len(self.columns) < 2:
            raise self.error(f"no header of accuracies, it reads {short(self.header)}", FORMS)
        if twice := [c for i, c in enumerate(self.columns) if c in self.columns[:i]]:
            raise self.error(f"names column {twice[0]!r} twice", "rename or delete one")
        self.tidy = {"dataset", "accuracy"} <= set(self.columns)
        if self.tidy:
            return
        if "dataset" in self.columns:
            raise self.error("has a column 'dataset' but none 'accuracy'", FORMS)
        if self.columns[0] != "model":
            raise self.error(f"has {short(self.header[0])} before the column 'model'", FORMS)
        if "" in self.columns:
            raise self.error(f"leaves column {self.columns.index('') + 1} without a name", FORMS)
        if not set(self.columns) - {"model", *OF_MODEL}:
            raise self.error("names no dataset", FORMS)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
