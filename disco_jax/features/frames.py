"""Frames of other libraries as feature sets: pandas, polars, pyarrow, Hugging Face's `datasets`.

A row is a sample; `columns` says which column is what. Nothing is imported here, see `arrays`.
"""

from typing import Any

from .arrays import is_of
from .columns import fields_of


def fields_of_frame(where: str, value: Any) -> dict[str, Any] | None:
    """The fields that a frame's columns make; None of what is no frame."""
    if is_of("datasets", "Dataset", value):
        value = value.with_format("arrow")[:]
    if is_of("pyarrow", "Table", value):
        return fields_of(where, value.column_names, value.column)
    if is_of("pandas", "DataFrame", value):
        return fields_of(where, [*map(str, value.columns)], lambda place: value.iloc[:, place])
    if is_of("polars", "DataFrame", value):
        return fields_of(where, value.columns, value.to_series)
    return None
