"""Looking at values: what labels are, whether numbers are finite, what is odd about either.

Functions of arrays, used by `FeatureSet.check`; none raises on a value.

A scan is one pass with one block of memory: host arrays and stored ones go by in slices, an array
on a device is reduced there by one jitted function and only (n,) counts and (d,) extremes come
back. Jax is imported when the first device array is scanned, not before.

Defined here: labels are any integers, booleans or strings, numbered 0..C-1 in sorted order. The
magnitude of features is called extreme outside 1e-6 to 1e6: sums of fourth powers of such numbers
over a large data set leave the range of float32. Of targets only squares are summed: 1e-15 to 1e15.
A column whose numbers differ by less than 1e-4 of their size loses most of that in float32.
"""

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

SCALES = (1e-6, 1e6)
TARGET_SCALES = (1e-15, 1e15)
ALIKE = 1e-4
BLOCK_BYTES = 2**24


@runtime_checkable
class StoredRows(Protocol):
    """A matrix that is somewhere else: `stored[a:b]` and `np.asarray(stored)` read it."""

    shape: tuple[int, ...]
    dtype: Any

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Some rows."""

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows in order, a block at a time; an InputError where they prove damaged."""


class Encoded(NamedTuple):
    """Labels as 0..C-1 and what they were. Of L labels at once: the 0/1 matrix, names 0..L-1."""

    codes: np.ndarray  # (n,) or (n, L), int32
    names: tuple[Any, ...]  # (C,) or (L,)
    counts: np.ndarray  # samples of each class, or with each label


class Scan(NamedTuple):
    """One pass over a matrix; the extremes mean something where nothing is bad."""

    lowest: np.ndarray  # (d,), float64
    highest: np.ndarray  # (d,), float64
    bad: int  # how many values are not finite
    first: tuple[int, int, float]  # row, column and value of the first of them


def encode_labels(labels: Any) -> Encoded:
    """Any labels (n,), integers with gaps, negative or strings, as 0..C-1 in sorted order."""
    names, codes, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    return Encoded(codes.astype(np.int32), tuple(names.tolist()), counts)


def encode_several(labels: np.ndarray) -> Encoded:
    """A matrix (n, L) of 0 and 1."""
    codes = labels.astype(np.int32)
    return Encoded(codes, tuple(range(codes.shape[1])), codes.sum(axis=0, dtype=np.int64))


def scan(values: Any) -> Scan:
    """Extremes of each column of (n, d), or of (n,), and what is not finite."""
    return _scan_device(values) if on_device(values) else _scan_host(values)


def scan_moments(values: Any, samples: int) -> Scan:
    """A scan of moments (1 + d + C, d), with mean +- deviation in place of the extremes."""
    found, values = scan(values), np.asarray(values, np.float64)
    mean, squares = values[0], np.diagonal(values[1 : values.shape[1] + 1])
    deviation = np.sqrt(np.maximum(squares, 0) / samples)
    return Scan(mean - deviation, mean + deviation, found.bad, found.first)


def blocks(values: Any) -> Iterator[np.ndarray]:
    """All rows of a host or stored array, in slices of about 16 MB."""
    if isinstance(values, StoredRows):
        yield from values.blocks()
        return
    rows = max(1, BLOCK_BYTES // values[:1].nbytes)
    for start in range(0, values.shape[0], rows):
        yield values[start : start + rows]


def on_device(value: Any) -> bool:
    """Whether it is a jax array; nobody has one without having imported jax."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.Array)


def _scan_host(values: Any) -> Scan:
    lows, highs, bad, first, start = [], [], 0, (0, 0, 0.0), 0
    with np.errstate(invalid="ignore"):  # NaN is what we look for
        for block in blocks(values):
            block = block.reshape(block.shape[0], -1)
            if block.dtype.kind not in "biuf" or block.dtype == np.float16:
                block = block.astype(np.float32)
            lows.append(block.min(axis=0).astype(np.float64))
            highs.append(block.max(axis=0).astype(np.float64))
            if not np.isfinite([lows[-1], highs[-1]]).all():  # NaN spreads to both
                found = ~np.isfinite(block)
                if not bad:
                    row, column = divmod(int(found.argmax()), block.shape[1])
                    first = (start + row, column, float(block[row, column]))
                bad += int(found.sum())
            start += block.shape[0]
        return Scan(np.min(lows, axis=0), np.max(highs, axis=0), bad, first)


def _scan_device(values: Any) -> Scan:
    bad, lowest, highest = (np.asarray(part) for part in _reduction()(values))
    first = (0, 0, 0.0)
    if bad.any():
        row = int((bad > 0).argmax())
        entries = np.asarray(values[row]).reshape(-1).astype(np.float64)
        column = int((~np.isfinite(entries)).argmax())
        first = (row, column, float(entries[column]))
    total = int(bad.sum(dtype=np.int64))
    return Scan(lowest.astype(np.float64), highest.astype(np.float64), total, first)


@cache
def _reduction() -> Any:
    import jax
    import jax.numpy as jnp

    @jax.jit
    def reduction(values: Any) -> Any:
        values = values.reshape(values.shape[0], -1)
        bad = (~jnp.isfinite(values)).sum(axis=1, dtype=jnp.int32)
        return bad, values.min(axis=0), values.max(axis=0)

    return reduction


def about_labels(labels: Encoded) -> Iterator[str]:
    """What should be said about labels that can be scored."""
    if labels.codes.ndim == 2:
        same = int(((labels.counts == 0) | (labels.counts == len(labels.codes))).sum())
        if same:
            yield f"{same} of {len(labels.names)} are constant"
    elif len(labels.names) == 1:
        yield f"all are {short(labels.names[0])}"
    elif len(single := np.flatnonzero(labels.counts == 1)):
        which = ", ".join(short(labels.names[i]) for i in single[:3])
        more = ", ..." if len(single) > 3 else ""
        yield f"{len(single)} of {len(labels.names)} classes have one sample ({which}{more})"


def about_features(rows: int, found: Scan) -> Iterator[str]:
    """What should be said about features that can be scored."""
    columns = len(found.lowest)
    if rows < columns:
        yield f"{rows} samples for {columns} columns: some metrics saturate"
    if same := int((found.lowest == found.highest).sum()):
        yield f"{same} of {columns} columns are constant"
    yield from _about_numbers(found, SCALES, "which float32 rounds; subtract their means")


def about_targets(found: Scan) -> Iterator[str]:
    """What should be said about targets or boxes that can be scored."""
    if same := int((found.lowest == found.highest).sum()):
        yield f"{same} of {len(found.lowest)} are constant"
    yield from _about_numbers(found, TARGET_SCALES, "and are scored without their means")


def alike(lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Which columns have numbers that differ by little, for their size, but differ."""
    spread = highest / 2 - lowest / 2
    return (spread > 0) & (spread < ALIKE / 2 * np.maximum(np.abs(lowest), np.abs(highest)))


def _about_numbers(found: Scan, scales: tuple[float, float], done: str) -> Iterator[str]:
    if few := int(alike(found.lowest, found.highest).sum()):
        which = f"{few} of {len(found.lowest)} columns"
        yield f"{which} vary by less than {ALIKE:g} of their size, {done}"
    if (size := magnitude(found)) and not scales[0] <= size <= scales[1]:
        limit = scales[size > scales[1]]
        yield f"extreme scale, largest magnitude {size:.3g}; scored as if it were {limit:g}"


def magnitude(found: Scan) -> float:
    """The largest magnitude of a scanned matrix."""
    return float(max(np.abs(found.lowest).max(), np.abs(found.highest).max()))


def short(value: Any) -> str:
    """A label as it fits into a message."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
