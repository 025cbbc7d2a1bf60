"""PACTran in its three forms against the oracles.

Every problem is filled up to one shape, as in `test_pairwise`.
"""

from functools import cache, partial

import jax
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import pactran as table_oracle
from ..oracles import pactran_gauss as gauss_oracle
from ..problems import problem
from .table import SMALL, named, over

N, D, CLASSES, SOURCES = 300, 160, 60, 7
HARD = (  # for the oracle takes its time
    "tall-flat",
    "tall-constant",
    "tall-empty-class",
    "tall-one-class",
    "square-exponential",
    "wide-offset",
    "wide-dominant",
    "wide-all-alone",
    "column-normal",
)


@partial(jax.jit, static_argnames="num_classes")
def tables(logits, labels, where, num_classes=CLASSES):
    known = {"num_classes": num_classes, "where": where}
    dirichlet = dk.pactran_dirichlet(logits, labels, **known)
    return {
        "pactran_dirichlet": dirichlet,
        "pactran_gamma": dk.pactran_gamma(logits, labels, **known),
    }


@partial(jax.jit, static_argnames="num_classes")
def gauss(features, labels, where, width, num_classes=CLASSES):
    known = {"num_classes": num_classes, "where": where, "width": width}
    return dk.pactran_gauss(dk.spectrum(features, where=where, width=width), labels, **known)


def source_logits(row):
    """Logits that know something of the labels; the last source class has no mass."""
    rng = np.random.default_rng(3)
    logits = 2 * rng.normal(size=(row.num_classes, SOURCES))[row.labels]
    logits += 2 * rng.normal(size=logits.shape)
    logits[:, -1] = -1e9
    return logits.astype(np.float32)


def weights(row, kind):
    rng, n = np.random.default_rng(7), row.shape[0]
    draw = {"ones": np.ones(n), "repeats": rng.integers(0, 4, n), "parts": rng.uniform(0.2, 2, n)}
    return draw[kind].astype(np.float64)


def padded(row, kind, dtype):
    """(labels, where) in the common shape."""
    absent = 0, N - row.shape[0]
    where = np.pad(weights(row, kind), absent).astype(dtype)
    return np.pad(row.labels, absent, constant_values=99), where


@cache
def table_scores(row, kind, dtype):
    absent = ((0, N - row.shape[0]), (0, 0))
    logits = np.pad(source_logits(row), absent, constant_values=np.nan).astype(dtype)
    return tables(logits, *padded(row, kind, dtype))


@cache
def gauss_scores(row, kind, dtype):
    n, d = row.shape
    features = np.pad(row.features, ((0, N - n), (0, 0)), constant_values=np.nan)
    features = np.pad(features, ((0, 0), (0, D - d))).astype(dtype)
    return gauss(features, *padded(row, kind, dtype), np.int32(d))


def known(row, kind):
    return {"num_classes": row.num_classes, "weights": weights(row, kind)}


def agree(found, row, kind, **bounds):
    for name, value in found.items():
        expected = getattr(table_oracle, name)(source_logits(row), row.labels, **known(row, kind))
        np.testing.assert_allclose(value, expected, **bounds)


@over(SMALL)
def test_tables(row):
    agree(table_scores(row, "repeats", "float64"), row, "repeats", rtol=1e-8, atol=1e-10)
    found = table_scores(row, "repeats", "float32")
    agree(found, row, "repeats", rtol=1e-5, atol=1e-6)
    assert {value.dtype for value in found.values()} == {np.dtype(np.float32)}


@named(*HARD)
def test_gauss(row):
    expected = gauss_oracle.pactran_gauss(row.features, row.labels, **known(row, "repeats"))
    found = gauss_scores(row, "repeats", "float64")
    assert found.gradient <= 1e-10
    np.testing.assert_allclose(found.score, expected, rtol=1e-8, atol=1e-10)
    found = gauss_scores(row, "repeats", "float32")
    assert found.gradient <= 1e-6
    assert found.score.dtype == np.float32
    np.testing.assert_allclose(found.score, expected, rtol=2e-5, atol=1e-6)


@named("wide-gapped-1")
def test_fractional_weights(row):
    agree(table_scores(row, "parts", "float64"), row, "parts", rtol=1e-8)
    expected = gauss_oracle.pactran_gauss(row.features, row.labels, **known(row, "parts"))
    found = gauss_scores(row, "parts", "float64").score
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_options():
    row = problem("wide-power-1.5")
    options = {"num_classes": 5, "lam": 10.0, "c": 10.0}
    spectrum = dk.spectrum(row.features.astype(np.float64))
    found = dk.pactran_gauss(spectrum, row.labels, **options)
    expected = gauss_oracle.pactran_gauss(row.features, row.labels, **options)
    np.testing.assert_allclose(found.score, expected, rtol=1e-8)
    logits, options = source_logits(row).astype(np.float64), {"num_classes": 5, "alpha": 3.0}
    for name in ("pactran_dirichlet", "pactran_gamma"):
        found = getattr(dk, name)(logits, row.labels, **options)
        expected = getattr(table_oracle, name)(logits, row.labels, **options)
        np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_models_at_once_and_without_float64():
    rows = [problem("wide-power-1"), problem("wide-offset")]
    stacked = np.stack([row.features for row in rows])
    logits = np.stack([source_logits(row) for row in rows])
    known = {"num_classes": 5, "where": None}
    with jax.enable_x64(False):
        one = jax.vmap(lambda x: gauss(x, rows[0].labels, width=None, **known))
        batch, batched = (
            one(stacked),
            jax.vmap(lambda p: tables(p, rows[0].labels, **known))(logits),
        )
    for name, value in table_scores(rows[0], "ones", "float32").items():
        np.testing.assert_allclose(batched[name][0], value, rtol=1e-5)
    expected = gauss_scores(rows[0], "ones", "float32").score
    np.testing.assert_allclose(batch.score[0], expected, rtol=2e-5)
    assert np.isfinite(batch.score).all()


def test_refusals():
    with pytest.raises(ValueError, match="must be a matrix"):
        dk.pactran_gamma(np.ones(4), np.zeros(4, int), num_classes=2)
    with pytest.raises(ValueError, match="labels must have shape"):
        dk.pactran_dirichlet(np.ones((4, 2)), np.zeros(3, int), num_classes=2)
