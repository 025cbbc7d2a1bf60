"""Arrays of other libraries as NumPy's or jax's: torch, pandas, polars, pyarrow, anything similar.

    torch tensors       detached; on a GPU handed to jax without a copy, else to NumPy
    pyarrow             arrays, chunked ones and tables; lists of one length are rows
    __array__           pandas, polars, and most others; categories keep their names, and the
                        lists of a column are rows
    __dlpack__          without a copy

None of these libraries is imported here: whoever has such a value has imported its library.
"""

import sys
from typing import Any

import ml_dtypes
import numpy as np

TEXT_LIMIT = 2**30  # bytes


def as_array(value: Any) -> Any:
    """The value as an array of NumPy's, or of jax's where it is on an accelerator.

    Raises:
        TypeError, ValueError, RuntimeError: It is none.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError("masked: fill it first")
    if is_of("torch", "Tensor", value):
        value = _of_torch(value)
    elif is_of("pyarrow", "Table", value):
        value = np.column_stack([_of_arrow(column) for column in value.columns])
    elif is_of("pyarrow", "Array", value) or is_of("pyarrow", "ChunkedArray", value):
        value = _of_arrow(value)
    elif hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
        value = np.from_dlpack(value)
    if is_of("jax", "Array", value):
        return value
    array = np.asarray(value)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    elif array.dtype.kind in "OT" and all(isinstance(each, str) for each in array.flat):
        array = text_array(array.tolist())
    elif array.dtype.kind == "O" and array.ndim == 1 and all(map(_is_row, array)):
        array = np.stack([np.asarray(row) for row in array])
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def text_array(texts: Any) -> np.ndarray:
    """Text as an array, in which each takes as much room as the longest."""
    flat = np.asarray(texts, object).ravel()
    longest = max(map(len, flat), default=0)
    if 4 * longest * len(flat) > TEXT_LIMIT:
        raise ValueError(f"{len(flat)} texts, one of {longest} characters")
    return np.array(texts, np.str_)


def _is_row(value: Any) -> bool:
    """Whether an entry of a column is a sample's features."""
    return isinstance(value, list | tuple | np.ndarray)


def is_of(library: str, name: str, value: Any) -> bool:
    """Whether the value is of a class of a library that somebody has imported."""
    kind = getattr(sys.modules.get(library), name, None)
    return kind is not None and isinstance(value, kind)


def _of_torch(tensor: Any) -> Any:
    tensor = tensor.detach()
    if tensor.device.type == "cuda":
        import jax

        return jax.dlpack.from_dlpack(tensor.contiguous())
    torch = sys.modules["torch"]
    tensor = tensor.cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def _of_arrow(column: Any) -> Any:
    """A column; lists of one length as rows."""
    if column.null_count:
        first = column.is_null().index(True).as_py()
        raise ValueError(f"{column.null_count} entries are missing, the first in row {first}")
    if hasattr(column, "combine_chunks"):
        column = column.combine_chunks()
    if is_of("pyarrow", "DictionaryArray", column):
        return _of_arrow(column.dictionary)[_of_arrow(column.indices)]
    if not hasattr(column, "flatten"):
        return column.to_numpy(zero_copy_only=False)
    if hasattr(column, "value_lengths") and len(column.value_lengths().unique()) > 1:
        raise ValueError("lists of different lengths")
    values = _of_arrow(column.flatten())
    return values.reshape(len(column), -1, *values.shape[1:])
