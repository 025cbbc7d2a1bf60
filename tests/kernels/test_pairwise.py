"""Interclass distance, concept variance, TMI and PARC against their oracles.

Every problem is filled up to one shape: rows of weight zero hold NaN and a label out of range,
columns beyond the width hold zeros, most classes are empty. So each kernel compiles twice.
"""

from functools import cache, partial

import jax
import numpy as np
import pytest

import disco_kernels as dk
from disco_kernels import _pairwise, _parc, _rows

from ..oracles import concept_variance as concept_oracle
from ..oracles import interclass_distance as interclass_oracle
from ..oracles import parc as parc_oracle
from ..oracles import spectrum as spectrum_oracle
from ..oracles import tmi as tmi_oracle
from ..problems import problem
from .table import SMALL, named, over

N, D, CLASSES = 300, 160, 60
PAIRWISE = dk.knn, dk.parc, dk.interclass_distance, dk.concept_variance, dk.tmi


def everything(features, labels, where, width, num_classes=CLASSES):
    known = {"num_classes": num_classes, "where": where}
    published = {"compat": "published", **known}
    tmi = dk.tmi(features, labels, width=width, **known)
    return {
        "interclass_distance": dk.interclass_distance(features, labels, **known),
        "concept_variance": dk.concept_variance(features, labels, width=width, **known),
        "tmi": tmi.score,
        "floored": tmi.floored,
        "tmi_published": dk.tmi(features, labels, width=width, **published).score,
        "parc": dk.parc(features, labels, width=width, **known),
    }


compiled = jax.jit(everything, static_argnames="num_classes")


@cache
def oracles(row, repeated):
    known = {"num_classes": row.num_classes, "weights": weights(row, repeated)}
    args = row.features, row.labels
    return {
        "interclass_distance": interclass_oracle.interclass_distance(*args, **known),
        "concept_variance": concept_oracle.concept_variance(*args, **known),
        "tmi": tmi_oracle.tmi(*args, **known),
        "tmi_published": tmi_oracle.tmi(*args, compat="published", **known),
        "parc": parc_oracle.parc(*args, **known),
    }


def weights(row, repeated):
    n = row.shape[0]
    return np.random.default_rng(7).integers(0, 4, n) if repeated else np.ones(n, int)


@cache
def scores(row, repeated, dtype):
    n, d = row.shape
    absent = ((0, N - n), (0, 0))
    features = np.pad(row.features, absent, constant_values=np.nan)
    features = np.pad(features, ((0, 0), (0, D - d))).astype(dtype)
    labels = np.pad(row.labels, absent[0], constant_values=99)
    found = compiled(features, labels, np.pad(weights(row, repeated), absent[0]), np.int32(d))
    assert {value.dtype for value in found.values()} == {np.dtype(dtype)}
    return {name: float(value) for name, value in found.items()}


def agree(actual, expected, rtol, atol):
    for name, value in expected.items():
        np.testing.assert_allclose(actual[name], value, rtol=rtol, atol=atol, err_msg=name)


@over(SMALL)
def test_oracles(row):
    agree(scores(row, False, "float64"), oracles(row, False), 1e-8, 1e-9)


@over(SMALL)
def test_oracles_in_float32(row):
    # PARC, of 100: correlations of float32 rows are exact to 1e-6, which is a rank here and there
    actual, expected = scores(row, False, "float32"), dict(oracles(row, False))
    assert abs(actual["parc"] - expected.pop("parc")) < 1e-3
    agree(actual, expected, 1e-4, 1e-5)


@named(
    "tall-flat",
    "tall-lone-samples",
    "tall-constant",
    "square-dominant",
    "wide-offset",
    "wide-all-alone",
    "column-normal",
)
def test_weights_are_repeats(row):
    agree(scores(row, True, "float64"), oracles(row, True), 1e-8, 1e-9)


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles of some rows, and pairs in cells."""
    for module, name, value in ((_rows, "TILE_ELEMENTS", 4000), (_parc, "TILE_ELEMENTS", 0)):
        monkeypatch.setattr(module, name, value)


@pytest.mark.parametrize("name", ["tall-power-1", "tall-constant", "column-normal"])
def test_many_tiles(name, small_tiles):
    row = problem(name)
    fresh = jax.jit(partial(unjitted, num_classes=row.num_classes))
    agree(fresh(row.features.astype(np.float64), row.labels), tiled(row), 1e-8, 1e-9)


def unjitted(features, labels, num_classes):
    """What tiles depend on the size of, traced anew; pairs counted in cells."""
    kernels = dk.interclass_distance, dk.concept_variance, dk.parc
    known = {"num_classes": num_classes}
    return {each.__name__: each.__wrapped__(features, labels, **known) for each in kernels}


def tiled(row):
    expected = dict(oracles(row, False))
    return {name: expected[name] for name in ("interclass_distance", "concept_variance")}


@named("square-flat", "tall-power-1.5", "wide-lone-samples")
def test_pairs_in_cells(row, small_tiles):
    """The error stated for distances that share a cell: the standard deviation of a random one."""
    n = row.shape[0]
    fresh = jax.jit(partial(dk.parc.__wrapped__, num_classes=row.num_classes))
    error = fresh(row.features.astype(np.float64), row.labels) - oracles(row, False)["parc"]
    assert abs(error) < 3 * 0.3 / (n * (n - 1) / 2)


def test_every_pair_meets_once():
    for n in (1, 2, 7, 8):
        at, share = _pairwise.meetings(n, n, np.float64)
        met = np.zeros((n, n))
        np.add.at(met, (np.arange(n)[:, None], np.asarray(at) % n), np.asarray(share))
        np.testing.assert_array_equal(met + met.T, 1 - np.eye(n))


@named("tall-power-0.5", "wide-gapped-1")
def test_parc_of_principal_components(row):
    """The view pca=32: leading coordinates with the signs of the spectrum."""
    x = row.features.astype(np.float64)
    s = spectrum_oracle.spectrum(x, components=32)
    largest = np.take_along_axis(s.basis, np.argmax(np.abs(s.basis), axis=0)[None], axis=0)
    known = {"num_classes": row.num_classes}
    expected = parc_oracle.parc(s.coordinates * np.sign(largest), row.labels, **known)
    leading = dk.spectrum(x).coordinates[:, :32]
    np.testing.assert_allclose(dk.parc(leading, row.labels, **known), expected, rtol=1e-8)


@named("wide-gapped-1")
def test_fractional_weights(row):
    w = np.random.default_rng(3).uniform(0.2, 1.5, row.shape[0])
    known = {"num_classes": row.num_classes}
    x = row.features.astype(np.float64)
    expected = interclass_oracle.interclass_distance(x, row.labels, weights=w, **known)
    actual = dk.interclass_distance(x, row.labels, where=w, **known)
    np.testing.assert_allclose(actual, expected, rtol=1e-8)


def test_tmi_says_when_all_distances_are_floored():
    row = problem("tall-imbalanced")
    x = (1e-3 * row.features).astype(np.float64)
    every = dk.tmi(x, row.labels, num_classes=5, floor=1.0, k=1)
    assert every.floored == 1
    known = {"num_classes": 5, "floor": 1.0, "k": 1}
    np.testing.assert_allclose(every.score, tmi_oracle.tmi(x, row.labels, **known), rtol=1e-8)
    assert scores(row, False, "float64")["floored"] == 0
    assert scores(problem("tall-constant"), False, "float64")["floored"] == 1


def test_models_at_once_and_unpadded():
    rows = [problem("wide-power-1"), problem("wide-offset")]
    stacked = np.stack([row.features for row in rows])
    one = partial(everything, where=None, width=None, num_classes=5)
    batch = jax.jit(jax.vmap(lambda features: one(features, rows[0].labels)))(stacked)
    first = {name: float(value[0]) for name, value in batch.items()}
    agree(first, scores(rows[0], False, "float32"), 1e-5, 1e-4)
    assert all(np.isfinite(value).all() for value in batch.values())


@pytest.mark.parametrize("kernel", PAIRWISE, ids=lambda k: k.__name__)
def test_memory_for_fifty_thousand_samples(kernel):
    """As the compiler plans it: some copies of the features, never the 10 GB of all distances."""
    n, d = 50_000, 64
    features = jax.ShapeDtypeStruct((n, d), np.float32)
    labels = jax.ShapeDtypeStruct((n,), np.int32)
    planned = kernel.lower(features, labels, num_classes=50).compile().memory_analysis()
    assert planned.temp_size_in_bytes < 8 * 4 * n * d


def test_one_sample_and_two():
    """A single row, and two: nothing to compare."""
    for n in (1, 2):
        known = {"num_classes": 3}
        x, y = np.arange(3.0 * n).reshape(n, 3), np.arange(n)
        assert dk.parc(x, y, **known) == 0
        assert dk.tmi(x, y, **known).score == 0
        assert dk.concept_variance(x, y, **known) == (-1 if n == 2 else 0)
        expected = interclass_oracle.interclass_distance(x, y, **known)
        np.testing.assert_allclose(dk.interclass_distance(x, y, **known), expected)


def test_refusals():
    x, y = np.ones((4, 2)), np.zeros(4, int)
    with pytest.raises(ValueError, match="must be one of"):
        jax.eval_shape(partial(dk.tmi, num_classes=2, compat="paper"), x, y)
    with pytest.raises(ValueError, match="where must have shape"):
        jax.eval_shape(partial(dk.parc, num_classes=2), x, y, where=np.ones(3))
