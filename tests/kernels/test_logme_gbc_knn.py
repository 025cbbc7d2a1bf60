"""The competing scores against their oracles, over the table, with weights and with padding."""

import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import gbc as gbc_oracle
from ..oracles import knn as knn_oracle
from ..oracles import logme as logme_oracle
from ..problems import PROBLEMS, problem
from .table import over

SMALL = [row for row in PROBLEMS if row.shape[0] < 1000]
SPECS = [{}, {"covariance": "diagonal"}, {"determinant": True}]


def weights(row):
    return np.random.default_rng(7).integers(0, 4, row.shape[0])


@over(SMALL)
@pytest.mark.parametrize("compat", ["exact", "published"])
def test_logme(row, compat):
    bound = 1e-8
    features, labels, targets = (np.asarray(x) for x in row.arrays)
    features = features.astype(np.float64)
    old = None if compat == "exact" else compat
    spectrum = dk.spectrum(features)
    actual = dk.logme(spectrum, labels, num_classes=row.num_classes, compat=compat)
    expected = logme_oracle.logme(features, labels, num_classes=row.num_classes, compat=old)
    np.testing.assert_allclose(actual, expected, rtol=bound, atol=bound)
    actual = dk.logme_regression(spectrum, targets.astype(np.float64), compat=compat)
    expected = logme_oracle.logme(features, targets=targets, compat=old)
    np.testing.assert_allclose(actual, expected, rtol=bound, atol=bound)


# Float32 may stop a round earlier or later where tau changes by almost exactly 1e-3.
@over(SMALL)
def test_logme_in_float32(row):
    features, labels, _ = row.arrays
    actual = dk.logme(dk.spectrum(features), labels, num_classes=row.num_classes)
    expected = logme_oracle.logme(features, labels, num_classes=row.num_classes)
    assert abs(actual - expected) <= 1e-4 * max(1, abs(expected))


@pytest.mark.parametrize("compat", ["exact", "published"])
def test_logme_of_features_that_are_all_zero(compat):
    features, labels = np.zeros((6, 9)), np.array([0, 0, 1, 0, 1, 2])
    actual = dk.logme(dk.spectrum(features), labels, num_classes=3, compat=compat)
    expected = logme_oracle.logme(features, labels, num_classes=3)
    np.testing.assert_allclose(actual, expected, rtol=1e-8)


def test_logme_weights_are_repeats():
    row = problem("tall-gapped-1")
    features, labels, _ = row.arrays
    w = weights(row)
    spectrum = dk.spectrum(features, where=w)
    actual = dk.logme(spectrum, labels, num_classes=row.num_classes, where=w)
    expected = logme_oracle.logme(features, labels, num_classes=row.num_classes, weights=w)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@over(SMALL)
@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_gbc(row, spec, weighted):
    features, labels, _ = row.arrays
    w = weights(row) if weighted else None
    actual = dk.gbc(features, labels, num_classes=row.num_classes, where=w, **spec)
    expected = gbc_oracle.gbc(features, labels, num_classes=row.num_classes, weights=w, **spec)
    # a distance of up to some hundreds, off by float32's rounding, stands in an exponent
    np.testing.assert_allclose(actual.score, expected.score, rtol=1e-4, atol=1e-30)
    if np.isfinite(expected.log_overlap):
        np.testing.assert_allclose(actual.log_overlap, expected.log_overlap, rtol=1e-5, atol=1e-4)
    assert np.isfinite(actual.log_overlap)


def test_gbc_padded_columns():
    row = problem("tall-gapped-1")
    features, labels, _ = row.arrays
    wide = np.pad(features, ((0, 0), (0, 100)))
    for spec in SPECS:
        padded = dk.gbc(wide, labels, num_classes=5, width=64, **spec)
        plain = dk.gbc(features, labels, num_classes=5, **spec)
        np.testing.assert_allclose(padded, plain, rtol=1e-5)


# In float64: equal distances to rounding may be ordered otherwise in float32.
@over(SMALL)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("options", [{}, {"k": 1}, {"metric": "cosine"}], ids=str)
def test_knn(row, weighted, options):
    if "constant" in row.name:
        options = {**options, "metric": "euclidean"}  # cosines of equal rows tie to rounding
    features, labels, targets = row.arrays
    features = features.astype(np.float64)
    w = weights(row) if weighted else None
    actual = dk.knn(features, labels, num_classes=row.num_classes, where=w, **options)
    expected = knn_oracle.knn(features, labels, weights=w, **options)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    actual = dk.knn_regression(features, targets.astype(np.float64), where=w, **options)
    expected = knn_oracle.knn(features, targets=targets, weights=w, **options)
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-9)


def test_knn_leaves_out_by_index():
    features = np.zeros((6, 2), np.float32)
    labels = np.array([0, 0, 0, 1, 1, 1])
    assert dk.knn(features, labels, num_classes=2, k=1) == pytest.approx(0.5)  # the earlier row
    lone = dk.knn(features[:1], labels[:1], num_classes=2)
    assert lone == 0
