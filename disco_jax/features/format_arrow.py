"""Parquet, and Arrow's own files and streams (.arrow, .feather), read at once by `arrow_file`.

`columns` says which column is what; columns are numbers, text, categories of text or integers, or
lists of numbers.
"""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from disco_jax.arrow_file import read_table, require_pyarrow
from disco_jax.errors import InputError

from .columns import fields_of, places_of
from .stored import check_at_once


def read_arrow(path: Path, file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields; whatever it raises means that the file is damaged."""
    require_pyarrow(path)
    import pyarrow

    def used(names: Sequence[str]) -> list[str]:
        fields = places_of(str(path), names).values()
        return [names[place] for place in sorted(place for places in fields for place in places)]

    check_at_once(path, "file", os.fstat(file.fileno()).st_size)
    raw, check_size = pyarrow.py_buffer(file.read()), partial(check_at_once, path, "file")
    table = read_table(raw, used, check_size, parquet=path.suffix.lower() == ".parquet")
    for name in table.column_names:
        _check_type(path, name, table.schema.field(name).type)
    return fields_of(str(path), table.column_names, table.column), {}


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
