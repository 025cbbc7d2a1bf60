"""Features that come in batches, nobody knows how many, as stored rows in a temporary file.

A batch is features (b, d), or a pair (features, labels) as loaders of torch give it. Memory is that
of one batch and of the labels: what does not fit there is streamed from the file, as any other
features. It is removed with the features that it holds.
"""

import os
import tempfile
import weakref
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .feature_set import FeatureSet
from .stored import StoredArray, stamp, to_bytes
from .tokens import pooled


def is_batches(value: Any) -> bool:
    """Whether it can be gone through but not indexed: generators, loaders of torch and the like."""
    return hasattr(value, "__iter__") and not hasattr(value, "__getitem__")


def gathered(model: str, batches: Iterable[Any], pool: str | None = None) -> FeatureSet:
    """A feature set of all batches."""
    file, path = tempfile.mkstemp(prefix="disco-jax-", suffix=".rows")
    try:
        with open(file, "wb") as rows:
            dtype, width, labels = _written(model, batches, pool, rows)
            rows.flush()
            opened = stamp(rows.fileno())
        shape = opened[2] // (width * dtype.itemsize), width
        features = StoredArray(Path(path), "features", dtype, shape, 0, opened)
    except BaseException:
        os.unlink(path)
        raise
    weakref.finalize(features, _remove, path)
    return FeatureSet(features, labels=labels, name=model)


def _written(
    model: str, batches: Iterable[Any], pool: str | None, rows: Any
) -> tuple[np.dtype, int, np.ndarray | None]:
    first: Any = None
    labels = []
    for number, batch in enumerate(batches):
        name = f"{model}: batch {number}"
        one = _of_batch(name, batch, pool)
        array = np.asarray(one.features)
        first = first or (array.dtype, array.shape[1], one.labels is None)
        if (array.dtype, array.shape[1], one.labels is None) != first:
            problem = f"{_told(array.dtype, array.shape[1], one.labels is None)}, the first"
            remedy = "give batches of one kind"
            raise InputError(name, "features", f"{problem} {_told(*first)}", remedy)
        if one.labels is not None:
            labels.append(np.asarray(one.labels))
        try:
            rows.write(to_bytes(array, array.dtype))
        except OSError as why:
            problem = f"cannot be kept in {tempfile.gettempdir()} ({why.strerror})"
            remedy = "set TMPDIR to a folder with room for them"
            raise InputError(name, "features", problem, remedy) from why
    if first is None:
        problem = "no batches came; a generator gives them once"
        raise InputError(model, "features", problem, "give a new one")
    return first[0], first[1], np.concatenate(labels) if labels else None


def _of_batch(name: str, batch: Any, pool: str | None) -> FeatureSet:
    parts = batch if isinstance(batch, tuple | list) else [batch]
    if not 1 <= len(parts) <= 2 or isinstance(batch, dict):
        problem = f"a {type(batch).__name__} of {len(batch)}"
        raise InputError(name, "features", problem, "give (features, labels), or features alone")
    features, labels = parts if len(parts) == 2 else (parts[0], None)
    return FeatureSet(pooled(features, pool), labels=labels, name=name)


def _told(dtype: Any, width: int, unlabelled: bool) -> str:
    return f"{width} columns of {dtype}{' without labels' if unlabelled else ''}"


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
