"""N-LEEP, piece by piece: its start is a k-means, and all that follows is the oracle's."""

from functools import cache, partial

import jax
import numpy as np
import pytest

import disco_kernels as dk
from disco_kernels._kmeans import kmeans

from ..oracles import nleep as oracle
from ..problems import problem
from .table import SMALL, over

N, D, CLASSES, MOST = 300, 160, 60, 25
SEEN = [row for row in SMALL if row.name != "tall-tied"]  # whose leading subspace is anybody's
CASES = [(row, False) for row in SEEN] + [(row, True) for row in SEEN[::6]]


@partial(jax.jit, static_argnames="num_classes")
def everything(features, labels, where, width, num_classes=CLASSES):
    spectrum = dk.spectrum(features, where=where, width=width)
    return dk.nleep(spectrum, labels, num_classes=num_classes, where=where)


@jax.jit
def grouped(rows, weights, clusters):
    return kmeans(rows, weights, clusters, MOST)


@cache
def weights(row, repeated):
    n = row.shape[0]
    return np.random.default_rng(7).integers(0, 4, n) if repeated else np.ones(n, int)


@cache
def found(row, repeated, dtype):
    n, d = row.shape
    absent = ((0, N - n), (0, 0))
    features = np.pad(row.features, absent, constant_values=np.nan)
    return everything(
        np.pad(features, ((0, 0), (0, D - d))).astype(dtype),
        np.pad(row.labels, absent[0], constant_values=99),
        np.pad(weights(row, repeated), absent[0]),
        np.int32(d),
    )


@cache
def started(row, repeated):
    """Scores, weights and clusters of the samples by the k-means of the kernel, unpadded."""
    w = weights(row, repeated)
    spectrum = dk.spectrum(row.features.astype(np.float64), where=w)
    m = oracle.pca_scores(row.features, weights=w).shape[1]
    scores = np.asarray(spectrum.coordinates[:, :m])
    rows = np.pad(scores, ((0, N - len(scores)), (0, D - m)))
    clusters = oracle.num_components(row.labels, weights=w)
    cluster = grouped(rows, np.pad(w, (0, N - len(w))).astype(np.float64), np.int32(clusters))
    return scores, w, clusters, np.asarray(cluster)[: len(w)]


@pytest.mark.parametrize("row, repeated", CASES)
def test_oracle_from_the_same_start(row, repeated):
    scores, w, clusters, cluster = started(row, repeated)
    actual = found(row, repeated, "float64")
    assert (actual.components, actual.clusters) == (scores.shape[1], clusters)
    r = oracle.mixture(scores, np.eye(clusters)[cluster], int(actual.rounds), weights=w)
    known = {"num_classes": row.num_classes}
    expected = oracle.nleep(r, np.repeat(row.labels, w), **known)
    np.testing.assert_allclose(actual.score, expected, rtol=1e-8, atol=1e-10)
    assert actual.change < 1e-3


@over(SEEN[::3])
def test_float32(row):
    actual, expected = (found(row, False, dtype) for dtype in ("float32", "float64"))
    # rounding may start, or stop, the mixture elsewhere
    rtol = 1e-4 if actual.rounds == expected.rounds else 1e-2
    np.testing.assert_allclose(actual.score, expected.score, rtol=rtol, atol=1e-5)


@over(SEEN[::7])
def test_start_is_a_k_means(row):
    """Centres are means, every sample is with the nearest, and no start of four is far below."""
    scores, _, clusters, cluster = started(row, False)
    centres = np.array([scores[cluster == k].mean(axis=0) for k in np.unique(cluster)])
    distances = np.linalg.norm(scores[:, None] - centres, axis=2)
    own = distances[np.arange(len(scores)), np.searchsorted(np.unique(cluster), cluster)]
    np.testing.assert_allclose(own, distances.min(axis=1), atol=1e-9)
    if "constant" in row.name:
        return
    assert len(centres) == clusters
    cluster_module = pytest.importorskip("sklearn.cluster")
    inertia = [
        cluster_module.KMeans(clusters, n_init=1, random_state=seed).fit(scores).inertia_
        for seed in range(4)
    ]
    assert np.sum(own**2) <= 1.05 * np.max(inertia)


def test_row_order_does_not_matter():
    row = problem("tall-gapped-1")
    order = np.random.default_rng(0).permutation(len(row.labels))
    x = np.pad(row.features[order].astype(np.float64), ((0, 0), (0, D - row.shape[1])))
    actual = everything(x, row.labels[order], weights(row, False), np.int32(row.shape[1]))
    np.testing.assert_allclose(actual.score, found(row, False, "float64").score, rtol=1e-8)


def test_limit_and_published():
    row = problem("wide-gapped-1")
    spectrum = dk.spectrum(row.features.astype(np.float64))
    actual = dk.nleep(spectrum, row.labels, num_classes=5, limit=2, compat="published")
    assert actual.components == 2
    scores = np.asarray(spectrum.coordinates[:, :2])
    rows, ones = np.pad(scores, ((0, N - 60), (0, D - 2))), np.pad(np.ones(60), (0, N - 60))
    start = np.eye(12)[np.asarray(grouped(rows, ones, np.int32(12)))[:60]]
    r = oracle.mixture(scores, start, int(actual.rounds))
    expected = oracle.nleep(r, row.labels, num_classes=5, compat="published")
    np.testing.assert_allclose(actual.score, expected, rtol=1e-8)


def test_models_at_once_and_without_float64():
    rows = [problem("wide-power-1"), problem("wide-offset")]
    stacked = np.stack([row.features for row in rows])
    with jax.enable_x64(False):
        one = partial(everything, num_classes=5, where=None, width=None)
        batch = jax.vmap(lambda x: one(x, rows[0].labels))(stacked)
    np.testing.assert_allclose(batch.score[0], found(rows[0], False, "float32").score, rtol=1e-5)
    assert np.isfinite(batch.score).all()


def test_refusals():
    spectrum = jax.eval_shape(dk.spectrum, np.ones((4, 2)))
    with pytest.raises(ValueError, match="must be one of"):
        jax.eval_shape(partial(dk.nleep, num_classes=2, compat="log"), spectrum, np.zeros(4, int))
