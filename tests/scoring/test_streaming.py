"""Chunks of a model that does not fit: every row once, and moments as of the whole."""

import jax
import numpy as np
import pytest

import disco_kernels as dk
from disco_jax.features import FeatureSet
from disco_jax.scoring import streaming

from ..closeness import close

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 5)).astype(np.float32)


@pytest.mark.parametrize("rows", [1, 7, 15, 30, 99])
def test_every_row_is_in_one_chunk(rows, monkeypatch):
    monkeypatch.setattr(streaming, "CHUNK_BYTES", rows * 4 * 5)
    seen = []
    for first, stale, chunk in streaming._chunks(FeatureSet(X), 2.0):
        close(chunk, 2 * X[first : first + len(chunk)])
        assert len(chunk) == min(rows, 30)
        seen += range(first + stale, first + len(chunk))
    assert seen == list(range(30))


def test_moments_of_chunks_are_those_of_the_whole(monkeypatch):
    monkeypatch.setattr(streaming, "CHUNK_BYTES", 7 * 4 * 5)
    labels = (np.arange(30) % 3).astype(np.int32)
    chunks = lambda: streaming._chunks(FeatureSet(X), 1.0)  # noqa: E731
    found = streaming._moments(chunks, {"labels": labels}, 3)
    whole = dk.moments(X, labels, num_classes=3)
    for name in ("total", "mean", "gram", "class_counts", "class_sums"):
        one, other = getattr(found, name), getattr(whole, name)
        close(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-5)
    assert jax.dtypes.canonicalize_dtype(found.gram.dtype) == np.float64
