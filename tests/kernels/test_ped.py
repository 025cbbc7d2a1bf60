"""PED's remapped features against the oracle, and what it leaves alone."""

import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import ped as oracle
from .table import SMALL, over

N, D, CLASSES = 300, 160, 60  # every problem padded to this, so that the kernel compiles once


def padded(x, fill):
    return np.pad(x, [(0, N - len(x)), *[(0, D - k) for k in x.shape[1:]]], constant_values=fill)


def source_of(x):
    """Features of another scale, with a column that never changes."""
    source = np.random.default_rng(0).normal(size=(40, x.shape[1])) * (1 + np.abs(x[:1])) + 3
    source[:, 0] = 1.5
    return source.astype(x.dtype)


def remapped(x, labels, source, w):
    """The kernel on padded arrays."""
    found = dk.ped(
        padded(x, 0.0),
        padded(labels, -1),
        np.pad(source, ((0, 0), (0, D - x.shape[1]))),
        num_classes=CLASSES,
        where=padded(np.ones(len(x), int) if w is None else w, 0),
    )
    assert found.dtype == x.dtype
    return np.asarray(found)[: len(x), : x.shape[1]]


@over(SMALL)
@pytest.mark.parametrize("variant", ["float64", "repeated", "float32"])
def test_ped(row, variant):
    x = row.features.astype("float32" if variant == "float32" else "float64")
    w = np.random.default_rng(7).integers(0, 4, len(x)) if variant == "repeated" else None
    source = source_of(x)
    found = remapped(x, row.labels, source, w)
    expected = oracle.ped(x, row.labels, source, num_classes=row.num_classes, weights=w)
    # float32 rounds the feature itself, and its mean of 1000 the differences of class means
    rounding, relative = (4e-7, 1e-5) if variant == "float32" else (1e-15, 1e-8)
    bound = rounding * np.abs(x).max() + relative * np.abs(expected - x).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=bound)


def test_ped_stops_where_a_step_is_half_of_the_first():
    """Sixty classes on one spot push so hard that the third step is not taken."""
    x, source = np.random.default_rng(0).normal(size=(2, N, D))
    source = source[:40]  # as many as elsewhere
    labels = np.arange(N, dtype=np.int32) % CLASSES
    found = remapped(x, labels, source, None)
    expected = oracle.ped(x, labels, source, num_classes=CLASSES)
    np.testing.assert_allclose(found - x, expected - x, rtol=1e-8, atol=1e-10)


def test_ped_leaves_alone_what_is_apart_and_rows_without_a_class():
    x = np.array([[0.0, 0.1], [0.1, 0.0], [9.0, 9.1], [9.1, 9.0]])
    labels, source = np.array([0, 0, 1, 1]), np.array([[0.0, 0.0], [2.0, 2.0]])
    np.testing.assert_array_equal(dk.ped(x, labels, source, num_classes=2), x)
    near = np.array([[0.0, 1], [0, -1], [0.5, 1], [0.5, -1], [np.nan, 0]])
    found = np.asarray(
        dk.ped(near, np.append(labels, 7), source, num_classes=2, where=near[:, 0] >= 0)
    )
    assert found[2, 0] - found[0, 0] > 0.5
    np.testing.assert_array_equal(found[4], near[4])


def test_ped_wants_the_same_columns():
    with pytest.raises(ValueError, match="source_features must have the 2 columns"):
        dk.ped(np.zeros((4, 2)), np.zeros(4, int), np.zeros((4, 3)), num_classes=2)
