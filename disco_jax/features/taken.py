"""Some samples of a model: rows of a stored array at some places, in their file until asked for.

Rows near one another in the file are read together. Their checksum cannot be compared, which is of
all rows in order.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .values import BLOCK_BYTES, StoredRows

NEAR_BYTES = 2**16  # between rows that are read together


class TakenRows:
    """Rows of a stored array at some places, in this order; stored rows themselves."""

    def __init__(self, stored: StoredRows, places: np.ndarray) -> None:
        self.stored, self.places = stored, places
        self.shape, self.dtype = (len(places), *stored.shape[1:]), stored.dtype
        self._row_bytes = int(np.prod(self.shape[1:])) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"TakenRows({len(self)} of {self.stored!r})"

    def __getitem__(self, rows: slice) -> np.ndarray:
        places = self.places[rows]
        found = np.empty((len(places), *self.shape[1:]), self.dtype)
        for part in self._together(places):
            first, last = places[part[0]], places[part[-1]]
            found[part] = self.stored[first : last + 1][places[part] - first]
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows in order, about 16 MB at a time."""
        rows = max(1, BLOCK_BYTES // self._row_bytes)
        for start in range(0, len(self), rows):
            yield self[start : start + rows]

    def _together(self, places: np.ndarray) -> list[np.ndarray]:
        """The rows in the order of the file, cut where they are far apart, and every 16 MB."""
        order = np.argsort(places, kind="stable")
        at = places[order] * self._row_bytes
        far = np.diff(at) > NEAR_BYTES
        far |= np.diff(at // BLOCK_BYTES) > 0
        return np.split(order, np.flatnonzero(far) + 1) if len(order) else []
