"""The header of a .npy, a Python literal: it is not evaluated but matched by patterns."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.errors import InputError

HEADER_LIMIT = 10_000
DESCR = re.compile(r"""["']descr["']\s*:\s*["']([<>=|]?)([a-zA-Z])(\d*)([^"']*)["']""")
ORDER = re.compile(r"""["']fortran_order["']\s*:\s*(True|False)\b""")
SHAPE = re.compile(r"""["']shape["']\s*:\s*\(([\d,\s]*)\)""")


def read_header(file: Any) -> bytes:
    """The first bytes of a .npy, up to where its numbers begin."""
    start = file.read(8)
    if start[:6] != b"\x93NUMPY" or start[6] not in (1, 2):
        raise ValueError(f"{file.name} is no .npy of version 1 or 2")
    length = file.read(2 * start[6])
    size = int.from_bytes(length, "little")
    text = file.read(min(size, HEADER_LIMIT))
    if len(text) != size:
        raise ValueError(f"{file.name} promises a header of {size} bytes")
    return start + length + text


def layout(path: Path, field: str, header: bytes) -> tuple[np.dtype, bool, tuple[int, ...]]:
    """The dtype as stored, whether in Fortran order, and the shape."""
    text = header.decode("latin-1")
    descr, order, shape = DESCR.search(text), ORDER.search(text), SHAPE.search(text)
    if not (descr and order and shape):
        remedy = "save plain arrays, one per field"
        raise InputError(str(path), field, "structured, or not a .npy header", remedy)
    byteorder, kind, size, more = descr.groups()
    if kind == "O":
        remedy = "it is not unpickled: convert with .astype, text with .astype(str), and save again"
        raise InputError(str(path), field, "pickled objects (dtype object)", remedy)
    if kind not in "biufUS" or more or not 0 < int(size or 0) < 2**31:
        remedy = "save real numbers, integers or text"
        if kind == "V":
            remedy = "save bfloat16 as safetensors or float32: npz cannot hold it"
        elif kind == "c":
            remedy = "save real numbers, a complex column as two"
        raise InputError(str(path), field, f"dtype {kind}{size}{more}", remedy)
    lengths = tuple(int(length) for length in shape[1].split(",") if length.strip())
    return np.dtype(f"{byteorder}{kind}{size}"), order[1] == "True", lengths
