"""A bare .npy: features alone, whose labels come from elsewhere; in C order they stay there."""

import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .npy_header import layout, read_header
from .stored import StoredArray, check_at_once, check_layout, from_bytes, stamp


def read_npy(path: Path, file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """The features; whatever it raises means that the file is damaged."""
    header = read_header(file)
    stored, fortran, shape = layout(path, "features", header)
    size = os.fstat(file.fileno()).st_size - len(header)
    check_layout(path, "features", shape, stored, size)
    if not fortran:
        opened = stamp(file.fileno())
        return {"features": StoredArray(path, "features", stored, shape, len(header), opened)}, {}
    check_at_once(path, "features", size)
    raw = np.frombuffer(file.read(), np.uint8)
    return {"features": from_bytes(raw, stored).reshape(shape, order="F")}, {}
