"""Rows as a file, as they come: .csv, .json (a list of objects, one a line), .parquet.

Files are written whole or not at all.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from disco_jax.atomic import replacing
from disco_jax.errors import InputError

Row = tuple[str, str, str, str, float | None, str | None]
GROUP = 50_000  # rows of a group in Parquet


def write_table(out: Path, columns: Sequence[str], rows: Iterator[Row]) -> int:
    """Write them, and say how many there were."""
    kinds = {".csv": _csv, ".json": _json, ".parquet": _parquet}
    if out.suffix.lower() not in kinds:
        remedy = f"give a name that ends in {', '.join(kinds)}"
        raise InputError(out, "out", f"{out.suffix or out.name!r} is no kind of table", remedy)
    try:
        with replacing(out) as file:
            return kinds[out.suffix.lower()](file, columns, rows)
    except OSError as why:
        problem = f"cannot be written ({why.strerror or why})"
        raise InputError(out, "out", problem, "choose another file") from why


def _csv(file: BinaryIO, columns: Sequence[str], rows: Iterator[Row]) -> int:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer, count = csv.writer(text, lineterminator="\n"), 0
    writer.writerow(columns)
    while some := list(islice(rows, GROUP)):
        writer.writerows(some)
        count += len(some)
    text.detach()
    return count


def _json(file: BinaryIO, columns: Sequence[str], rows: Iterator[Row]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):
        named = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
        file.write(f"{'[' if count == 1 else ','}\n{named}".encode())
    file.write(b"\n]\n" if count else b"[]\n")
    return count


def _parquet(file: BinaryIO, columns: Sequence[str], rows: Iterator[Row]) -> int:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as why:
        remedy = "pip install 'disco-jax[arrow]', or choose .csv"
        raise InputError("collect", "out", "pyarrow is not installed", remedy) from why
    kinds: list[Any] = [pyarrow.string()] * 4 + [pyarrow.float64(), pyarrow.string()]
    schema, count = pyarrow.schema(list(zip(columns, kinds, strict=True))), 0
    with parquet.ParquetWriter(file, schema) as writer:
        while some := list(islice(rows, GROUP)):
            arrays = [
                pyarrow.array(column, kind)
                for column, kind in zip(zip(*some, strict=True), kinds, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            count += len(some)
    return count
