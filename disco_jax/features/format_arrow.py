"""Parquet, and Arrow's own files and streams (.arrow, .feather), read by pyarrow.

`columns` says which column is what; columns are numbers, text, categories of text or integers, or
lists of numbers. A file is read at once; so that a small one cannot become a large table, the sizes
that it promises of what it holds packed are added up first.
"""

import os
from pathlib import Path
from typing import Any, BinaryIO

from disco_jax.errors import InputError

from .arrow_sizes import unpacked_bytes
from .columns import fields_of, places_of
from .stored import check_at_once

MAGIC = b"ARROW1"  # a stream has none
INSTALL = "pip install 'disco-jax[arrow]'"


def read_arrow(path: Path, file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields; whatever it raises means that the file is damaged."""
    try:
        import pyarrow
    except ImportError as why:
        problem = f"{path.suffix} files are read by pyarrow, which is missing"
        raise InputError(str(path), "file", problem, INSTALL) from why
    check_at_once(path, "file", os.fstat(file.fileno()).st_size)
    raw = pyarrow.py_buffer(file.read())
    read = _parquet if path.suffix.lower() == ".parquet" else _ipc
    table = read(path, raw)
    table.validate(full=True)  # offsets that point elsewhere
    for name in table.column_names:
        _check_type(path, name, table.schema.field(name).type)
    return fields_of(str(path), table.column_names, table.column), {}


def _parquet(path: Path, raw: Any) -> Any:
    from pyarrow import parquet

    file = parquet.ParquetFile(raw)
    file.scan_contents()  # an error of the columns' sizes, asked for here, would end the process
    known = file.metadata
    chunks = [
        known.row_group(group).column(column)
        for group in range(known.num_row_groups)
        for column in range(known.num_columns)
    ]
    size = sum(chunk.total_uncompressed_size + 8 * chunk.num_values for chunk in chunks)
    check_at_once(path, "file", size)
    return file.read(columns=_used(path, file.schema_arrow.names))


def _ipc(path: Path, raw: Any) -> Any:
    """A file of Arrow's, or a stream, as those that `datasets` keeps under the same suffix."""
    from pyarrow import ipc

    is_file = raw[:6].to_pybytes() == MAGIC
    check_at_once(path, "file", unpacked_bytes(raw, is_file))
    table = (ipc.open_file if is_file else ipc.open_stream)(raw).read_all()
    return table.select(_used(path, table.column_names))


def _used(path: Path, names: list[str]) -> list[str]:
    used = sorted(place for places in places_of(str(path), names).values() for place in places)
    return [names[place] for place in used]


def _check_type(path: Path, name: str, kind: Any) -> None:
    from pyarrow import types

    value, known = kind, [types.is_integer, types.is_floating, types.is_boolean]
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        while hasattr(value, "value_type"):
            value = value.value_type
    else:
        value = kind.value_type if types.is_dictionary(kind) else kind
        known += [types.is_string, types.is_large_string, types.is_string_view]
    if not any(is_one(value) for is_one in known):
        remedy = "store numbers, lists of numbers or text"
        raise InputError(str(path), f"column {name!r}", f"of type {kind}", remedy)
