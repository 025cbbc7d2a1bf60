"""Arrays that stay in their file, and what is checked before any byte of a file is believed.

Rows are read when asked for rather than mapped: a mapped file that somebody truncates kills the
process (SIGBUS), and mapped pages count as memory used. Each read compares the file's identity,
size and time with those it was opened with: a file that changes under its reader is an error,
never a mixture.

A checksum (CRC-32 of some bytes known beforehand, then of the array) is compared whenever all rows
are read in order, by `blocks` or `np.asarray`; slices cannot be checked.
"""

import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .fields import LAYER, rule_of
from .values import BLOCK_BYTES

LARGE = ("features", "logits", "source_features", "moments")
AT_ONCE_LIMIT = 2**30  # bytes of a field that has to be read at once
AGAIN = "write the file again"


def is_large(field: str) -> bool:
    """Whether an array stays in its file, where the format allows it."""
    return field in LARGE or field.startswith(LAYER)


class StoredArray:
    """A matrix in a file: `a[i:j]` reads these rows, `np.asarray(a)` all, as native numbers."""

    def __init__(
        self,
        path: Path,
        field: str,
        stored: np.dtype,
        shape: tuple[int, ...],
        offset: int,
        stamp: tuple[int, ...],
        crc: tuple[int, int] | None = None,  # before the first byte, after the last
    ) -> None:
        self.path, self.field, self.shape = path, field, shape
        self.dtype = stored.newbyteorder("=")
        self._stored, self._offset, self._stamp, self._crc = stored, offset, stamp, crc
        self._row_bytes = byte_count(shape[1:], stored)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"StoredArray({self.field} {self.dtype}{list(self.shape)} in {str(self.path)!r})"

    def __getitem__(self, rows: slice) -> np.ndarray:
        if not isinstance(rows, slice) or rows.step not in (None, 1):
            raise TypeError(f"{self!r} reads slices of rows: use np.asarray for anything else")
        start, stop, _ = rows.indices(self.shape[0])
        return self._values(self._bytes(start, max(start, stop)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raw = self._bytes(0, self.shape[0])
        if self._crc is not None:
            self._compare(zlib.crc32(raw.data, self._crc[0]))
        return self._values(raw).astype(dtype or self.dtype, copy=False)

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows in order, about 16 MB at a time; the checksum is compared after the last."""
        rows = max(1, BLOCK_BYTES // self._row_bytes)
        crc = 0 if self._crc is None else self._crc[0]
        for start in range(0, self.shape[0], rows):
            raw = self._bytes(start, min(start + rows, self.shape[0]))
            crc = crc if self._crc is None else zlib.crc32(raw.data, crc)
            yield self._values(raw)
        self._compare(crc)

    def _bytes(self, start: int, stop: int) -> np.ndarray:
        raw = np.empty((stop - start) * self._row_bytes, np.uint8)
        try:
            with open(self.path, "rb") as file:
                file.seek(self._offset + start * self._row_bytes)
                whole = file.readinto(raw.data) == raw.size
                same = stamp(file.fileno()) == self._stamp
        except OSError as why:
            raise unreadable(self.path, self.field, why) from why
        if not (whole and same):
            problem = "the file changed while it was being read"
            raise InputError(
                str(self.path), self.field, problem, "let its writer finish and run again"
            )
        return raw

    def _values(self, raw: np.ndarray) -> np.ndarray:
        return from_bytes(raw, self._stored).reshape(-1, *self.shape[1:])

    def _compare(self, crc: int) -> None:
        if self._crc is not None and crc != self._crc[1]:
            problem = "damaged, its checksum is not the one written with it"
            raise InputError(str(self.path), self.field, problem, AGAIN)


def from_bytes(raw: np.ndarray, stored: np.dtype) -> np.ndarray:
    """Bytes from a file as a vector of numbers in the machine's byte order."""
    if stored.kind == "b":
        return raw != 0  # any other byte than 0 and 1 would be an impossible boolean
    return raw.view(stored).astype(stored.newbyteorder("="), copy=False)


def to_bytes(block: np.ndarray, stored: np.dtype) -> memoryview:
    """Rows as the bytes they have in a file."""
    with np.errstate(invalid="ignore"):  # NaNs may pass, here as in memory
        return np.ascontiguousarray(block, stored).reshape(-1).view(np.uint8).data


def stamp(file: int) -> tuple[int, ...]:
    """What changes when a file is written or replaced."""
    status = os.fstat(file)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def byte_count(shape: Sequence[int], dtype: np.dtype) -> int:
    """Bytes of an array, however absurd its shape."""
    count = dtype.itemsize
    for size in shape:
        count *= size
    return count


def check_layout(path: Path, field: str, shape: Sequence[int], dtype: np.dtype, size: int) -> None:
    """A header's shape and dtype against the bytes that are there, with nothing allocated."""
    if not shape or not all(type(length) is int and length > 0 for length in shape):
        rule = rule_of(field)
        remedy = f"save it with shape {rule.shapes if rule else '(1,)'}, none of it 0"
        raise InputError(str(path), field, f"shape {list(shape)}", remedy)
    if byte_count(shape, dtype) != size:
        problem = f"damaged: {dtype} {list(shape)} is promised, {size} bytes are there"
        raise InputError(str(path), field, problem, AGAIN)


def check_at_once(path: Path, field: str, size: int) -> None:
    """A field that has to be read at once, against the limit for that."""
    if size > AT_ONCE_LIMIT:
        problem = f"{size} bytes that have to be read at once, over the limit of {AT_ONCE_LIMIT}"
        remedy = "save it as safetensors, or with np.savez uncompressed and in C order"
        raise InputError(str(path), field, problem, remedy)


def unreadable(path: Path, field: str, why: OSError) -> InputError:
    """What the operating system would not do."""
    problem = f"cannot be read ({why.strerror or why})"
    return InputError(str(path), field, problem, "check that it exists and may be read")
