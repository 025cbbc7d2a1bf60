"""The full spectrum against a float64 decomposition, over the whole table, x64 on and off."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import spectrum as oracle
from ..problems import PROBLEMS
from .table import (
    EPS,
    SHARES,
    SMALL,
    TALL,
    VALUES,
    WIDE,
    close,
    exact,
    identical,
    is_constant,
    named,
    over,
    rounding,
    shares,
    within,
)

x64 = pytest.mark.parametrize("x64", [True, False], ids=["x64", "x32"])


def full(features, **options):
    return dk.spectrum(jnp.asarray(features), method="full", **options)


def check_basis(s, centred, eps, room=1.0):
    """Orthonormal up to the rank, in order, oriented; T = Xc V; and T V^T gives Xc back."""
    values, basis, t, rank = *(np.asarray(a, np.float64) for a in s[:3]), int(s.rank)
    n, d = centred.shape
    eye = np.eye(rank)
    within(basis[:, :rank].T @ basis[:, :rank], eye, room * 4 * eps * np.sqrt(d))
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    within(t, centred @ basis, room * 4 * eps * (np.sqrt(d) * lengths + lengths.mean()))
    assert np.all(np.diff(values) <= 0)
    largest = basis[np.argmax(abs(basis), axis=0), np.arange(len(values))]
    assert np.all(largest[: int(s.kept)] >= 0)
    assert np.all(largest[:rank] > 0)
    if len(values) == min(n, d):  # what the rank leaves out is no larger than the cut
        cut = max(n, d) * eps * values[0]
        back = t[:, :rank] @ basis[:, :rank].T - centred
        assert np.linalg.norm(back, 2) <= cut + room * 4 * eps * np.sqrt(d) * values[0]


@x64
@over(PROBLEMS)
def test_full_against_the_oracle(row, x64):
    with jax.enable_x64(x64):
        s = full(row.features)
        r = dk.proportions(s)
        again = full(row.features)
    o = exact(row)
    close(s.singular_values, o.singular_values, VALUES)
    within(r, shares(row, None), SHARES)
    within(s.mean, o.mean, EPS["float32"] * abs(o.mean) + VALUES * o.singular_values[0])
    assert (s.rank, s.kept, s.residual, s.rounds) == (o.rank(), min(row.shape), 0, 0)
    check_basis(s, row.features - o.mean, EPS["float32"])
    identical(s, again)
    assert {str(a.dtype) for a in s} == {"float32", "int32"}


@over(SMALL)
def test_double_input_gives_double_accuracy(row):
    s, o = full(row.features.astype(np.float64)), exact(row)
    close(s.singular_values, o.singular_values, 1e-12)
    check_basis(s, row.features - o.mean, EPS["float64"], room=10)
    assert {str(a.dtype) for a in s} == {"float64", "int32"}
    # The oracle's mean is off by 1e-16 of itself, at mean 1e3 one more direction above the cut.
    assert s.rank == o.rank(1e-13 / max(row.shape))


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.int8], ids=lambda t: t.__name__)
@named("tall-gapped-1", "wide-power-0.5", "square-low-rank", "tall-constant")
def test_narrow_input_accumulates_in_float32(row, dtype):
    """Exactly what its values are in float32 gives: nothing but the input is rounded."""
    narrow = jnp.asarray(row.features).astype(dtype)
    s, o = full(narrow), oracle.spectrum(np.asarray(narrow.astype(jnp.float32)))
    close(s.singular_values, o.singular_values, VALUES)
    identical(s, full(narrow.astype(jnp.float32)))


@named("tall-gapped-1", "wide-gapped-1", "square-gapped-1")
def test_fewer_components_are_the_leading_ones(row):
    few, every = full(row.features, components=20), full(row.features)
    assert few.kept == 20
    assert few.rank == 20
    close(few.singular_values, every.singular_values[:20], VALUES)
    close(few.basis, every.basis[:, :20])
    close(few.coordinates, every.coordinates[:, :20])
    check_basis(few, row.features - exact(row).mean, EPS["float32"])


@named("tall-gapped-1", "wide-gapped-1", "square-gapped-1", "tall-offset", "wide-offset")
def test_weights_and_masks(row):
    n = len(row.features)
    for w in (np.arange(n) % 3 > 0, (np.arange(n) % 5 / 4).astype(np.float32)):
        s, o = full(row.features, where=jnp.asarray(w)), oracle.spectrum(row.features, weights=w)
        k = int(s.kept)
        assert k == min(row.shape[1], np.sum(w > 0))
        close(s.singular_values[:k], o.singular_values[:k], VALUES)
        assert not np.any(s.singular_values[k:])
        assert not np.any(s.coordinates[w == 0])
        present = np.where((w > 0)[:, None], row.features - o.mean, 0)
        check_basis(s, present, EPS["float32"]) if w.dtype == bool else None


@pytest.mark.parametrize("samples", [0, 1, 2])
@named("tall-gapped-1", "wide-gapped-1")
def test_next_to_no_samples(row, samples):
    s = full(row.features, where=jnp.arange(len(row.features)) < samples)
    assert s.kept == samples
    assert s.rank == max(samples - 1, 0)
    assert all(np.all(np.isfinite(leaf)) for leaf in s)
    difference = np.linalg.norm(row.features[0] - row.features[1]) / np.sqrt(2)
    within(s.singular_values[0], difference if samples == 2 else 0, VALUES * difference)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@over(PROBLEMS)
def test_from_moments_within_its_stated_bound(row, dtype):
    """Eigenvalues within about eps s_1^2, singular values within half of that over s_j.

    About: four times, or sqrt(d) where that is more, the norm of a matrix of d^2 independent errors
    of half an eps; in float64 both, for what `eigh` itself leaves there, beneath float32 it is
    exact. At worst, where s_j = 0, the square root of all that.
    """
    d = row.shape[1]
    m = dk.moments(jnp.asarray(row.features).astype(dtype))
    s, o = dk.spectrum_from_moments(m), exact(row)
    values = np.asarray(s.singular_values, np.float64)
    expected = np.zeros(d)
    expected[: len(o.singular_values)] = o.singular_values
    growth = max(4, np.sqrt(d)) if dtype == "float32" else 4 * np.sqrt(d)
    top, eps = expected[0], growth * EPS[dtype]
    within(values**2, expected**2, eps * top**2)
    within(values, expected, np.sqrt(EPS["float32"] if dtype == "float32" else eps) * top)
    basis, k = np.asarray(s.basis, np.float64), min(row.shape)
    within(basis.T @ basis, np.diag((np.arange(d) < k) & (top > 0)), rounding(dtype, d))
    back = (basis * values**2) @ basis.T - np.asarray(m.gram)
    assert np.linalg.norm(back, 2) <= rounding(dtype, d) * top**2
    assert (s.kept, s.residual, s.rounds) == (k, 0, 0)
    assert s.coordinates.shape == (0, d)
    identical(s, dk.spectrum_from_moments(m))


@named("tall-low-rank", "square-low-rank", "tall-duplicated-columns", "tall-constant", "tall-flat")
def test_rank_from_moments(row):
    m = dk.moments(row.features)
    assert dk.spectrum_from_moments(m).rank == exact(row).rank()


@named("tall-low-rank", "square-low-rank", "tall-duplicated-columns", "tall-constant", "tall-flat")
def test_float32_from_moments_in_float64(row):
    """Constant, and of the rank, that features in float32 are; the values are those, rounded."""
    m = dk.moments(jnp.asarray(row.features).astype(jnp.float64))
    narrow, wide = dk.spectrum_from_moments(m, dtype=jnp.float32), dk.spectrum_from_moments(m)
    assert all(leaf.dtype in (jnp.float32, jnp.int32) for leaf in narrow)
    assert narrow.rank == full(row.features).rank
    assert narrow.kept == wide.kept
    close(narrow.singular_values, wide.singular_values, EPS["float32"])
    close(narrow.mean, wide.mean, EPS["float32"])
    close(abs(narrow.basis), abs(wide.basis), EPS["float32"])  # entries that tie give either sign


def test_numbers_by_hand():
    cross = jnp.array([[-1.0, 0], [1, 0], [0, 2], [0, -2]], jnp.float32) + 10
    s = full(cross)
    close(s.singular_values, np.sqrt([8, 2]), EPS["float32"])
    close(s.basis, [[0, 1], [1, 0]], EPS["float32"])
    close(s.coordinates, [[0, -1], [0, 1], [2, 0], [-2, 0]], EPS["float32"])
    close(s.mean, [10, 10], 0)


def test_a_basis_that_padding_does_not_move():
    """Zero columns beyond `width` and masked rows change nothing but the length of the arrays."""
    for row in (TALL, WIDE):
        n, d = row.shape
        padded = np.pad(row.features, ((0, 20), (0, 30)))
        padded[n:] = np.nan
        plain = full(row.features)
        for width in (d, jnp.int32(d)):
            s = full(padded, where=jnp.arange(n + 20) < n, width=width)
            k = min(n, d)
            assert (s.kept, s.rank) == (plain.kept, plain.rank)
            close(s.singular_values[:k], plain.singular_values, VALUES)
            within(s.basis[:d, :k], plain.basis, 1e-4)
            within(s.coordinates[:n, :k], plain.coordinates, 1e-4 * float(plain.singular_values[0]))
            assert not np.any(s.singular_values[k:])
            assert not np.any(s.basis[d:])
            assert not np.any(s.coordinates[n:])


def test_constant_features_have_no_extent():
    for row in PROBLEMS:
        if is_constant(row):
            s = full(row.features)
            assert not np.any(s.singular_values)
            assert s.rank == 0
