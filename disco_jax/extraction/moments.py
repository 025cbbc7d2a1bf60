"""Moments of features in place of the features: (1 + d + C, d) numbers of a model, whatever n is.

    row 0           mean of the features
    rows 1 to d     gram, the sum of y y^T over the samples, y = x - mean
    C rows more     the sum of y over each class, classes in the order of their labels

in float64, added up a few batches at a time.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import jax
import numpy as np

import disco_kernels as dk
from disco_jax.features import encode_labels

TOGETHER = 32  # batches


def summed(batches: Iterable[tuple[Any, int]], labels: np.ndarray | None) -> np.ndarray:
    """Moments of rows that come in batches (b, d), of which so many count, with those labels."""
    encoded = encode_labels(labels) if labels is not None and labels.ndim == 1 else None
    total, start, coming = None, 0, iter(batches)
    while some := list(islice(coming, TOGETHER)):
        rows = np.concatenate([np.asarray(batch, np.float64) for batch, _ in some])
        there = np.concatenate([np.arange(len(batch)) < count for batch, count in some])
        stop = start + int(there.sum())
        known: dict[str, Any] = {"where": there}
        if encoded is not None:
            own = np.zeros(len(rows), np.int32)
            own[there] = encoded.codes[start:stop]
            known |= {"labels": own, "num_classes": len(encoded.names)}
        with jax.enable_x64(True):
            part = dk.moments(rows, **known)
            total = part if total is None else dk.merge(total, part)
        start = stop
    assert total is not None
    return np.concatenate([total.mean[None], total.gram, total.class_sums])
