"""The robust direction against a convex solver, and what its docstring promises."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import robust_direction as oracle
from .table import close


def problem(d, seed=0, spread=1.0, dtype=np.float64):
    """A covariance whose eigenvalues span ``spread`` powers of ten, and a difference of means."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    covariance = axes * 10 ** rng.uniform(-spread, 0, d) @ axes.T
    return ((covariance + covariance.T) / 2).astype(dtype), rng.normal(size=d).astype(dtype)


@pytest.mark.parametrize("epsilon", [0.0, 0.2, 0.7, 0.95])
@pytest.mark.parametrize(("d", "spread"), [(1, 1.0), (7, 0.5), (24, 1.5)])
def test_it_is_the_convex_solution(d, spread, epsilon):
    covariance, difference = problem(d, spread=spread)
    found = dk.robust_direction(covariance, difference, epsilon=epsilon)
    direction, shift = oracle.robust_direction(covariance, difference, epsilon)
    close(found.direction, direction, 1e-6)
    close(found.shift, shift, 1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("epsilon", [0.05, 0.5, 0.999])
def test_the_secular_equation_holds_over_twelve_powers_of_ten(epsilon, dtype):
    spread = 12.0 if dtype == "float64" else 4.0
    covariance, difference = problem(24, seed=3, spread=spread, dtype=dtype)
    found = dk.robust_direction(covariance, difference, epsilon=epsilon)
    bound = 1e-6 if dtype == "float32" else 1e-12
    length = np.linalg.norm(difference)
    assert np.linalg.norm(found.shift) == pytest.approx(epsilon * length, rel=bound)
    wide = covariance.astype(np.float64) + float(found.ridge) * np.eye(24)
    back = wide @ np.asarray(found.direction, np.float64)
    size = np.linalg.norm(wide, 2) * np.linalg.norm(found.direction)  # a backward error
    np.testing.assert_allclose(back, difference, rtol=0, atol=bound * size)


def test_degenerate_cases():
    covariance, difference = problem(7)
    near = dk.robust_direction(covariance, difference, epsilon=3.0)
    cosine = near.direction @ difference / np.linalg.norm(near.direction)
    assert cosine / np.linalg.norm(difference) == pytest.approx(1)
    for nothing in ((covariance, 0 * difference), (0 * covariance, difference)):
        for epsilon in (0.0, 0.5):
            for leaf in dk.robust_direction(*nothing, epsilon=epsilon):
                np.testing.assert_array_equal(leaf, 0)


def test_what_is_outside_the_range_says_nothing():
    covariance, difference = problem(7)
    padded = np.pad(covariance, (0, 3))
    seen = dk.robust_direction(padded, np.pad(difference, (0, 3), constant_values=5), epsilon=0.3)
    whole = dk.robust_direction(covariance, difference, epsilon=0.3)
    close(seen.direction, np.pad(whole.direction, (0, 3)), 1e-10)
    close(seen.ridge, whole.ridge, 1e-10)


def test_it_turns_and_scales_with_the_features():
    covariance, difference = problem(7)
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(7, 7)))[0]
    one = dk.robust_direction(covariance, difference, epsilon=0.4)
    turned = turn @ covariance @ turn.T
    other = dk.robust_direction((turned + turned.T) / 2, turn @ difference, epsilon=0.4)
    close(other.direction, turn @ one.direction, 1e-10)
    scaled = dk.robust_direction(9 * covariance, 3 * difference, epsilon=0.4)
    close(scaled.direction, one.direction / 3, 1e-10)
    close(scaled.ridge, 9 * one.ridge, 1e-10)


def test_vmap_is_the_loop():
    covariance, difference = problem(7)
    every = jnp.asarray([0.0, 0.2, 0.7])
    solve = partial(dk.robust_direction, covariance, difference)
    many = jax.vmap(lambda epsilon: solve(epsilon=epsilon))(every)
    for place, epsilon in enumerate(every):
        for ours, theirs in zip(many, solve(epsilon=epsilon), strict=True):
            close(ours[place], theirs, 1e-12)


def test_refusals():
    covariance, difference = problem(7)
    with pytest.raises(ValueError, match=r"covariance must be square, got shape \(6, 7\)"):
        dk.robust_direction(covariance[:6], difference)
    with pytest.raises(ValueError, match=r"difference must have shape \(7,\)"):
        dk.robust_direction(covariance, difference[:3])
