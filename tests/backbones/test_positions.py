"""Positions resampled as PIL resamples pictures, and as the cubic kernel's formula says."""

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from disco_jax.backbones.families.positions import cubic_matrix, resampled

SIZES = [(16, 37), (37, 16), (7, 14), (14, 14), (1, 5), (5, 1), (24, 14)]


@pytest.mark.parametrize(("new", "old"), SIZES)
def test_antialiased_is_pils(new, old):
    picture = np.random.default_rng(new).normal(size=(old, old)).astype(np.float32)
    expected = Image.fromarray(picture).resize((new, new), Image.Resampling.BICUBIC)
    rows = cubic_matrix(new, old, "antialiased")
    np.testing.assert_allclose(rows @ picture @ rows.T, expected, atol=1e-5)


@pytest.mark.parametrize(("new", "old"), SIZES)
@pytest.mark.parametrize("how", ["plain", "offset"])
def test_plain_is_the_formula(new, old, how):
    values = np.random.default_rng(new).normal(size=old)
    step = old / (new + (0.1 if how == "offset" else 0))
    expected = [cubic(values, (i + 0.5) * step - 0.5) for i in range(new)]
    np.testing.assert_allclose(cubic_matrix(new, old, how) @ values, expected, atol=1e-13)


def cubic(values, place):
    """Keys 1981, equation 4 with a = -3/4, of the four values about a place."""
    first, total = int(np.floor(place)), 0.0
    for k in range(first - 1, first + 3):
        s, a = abs(place - k), -0.75
        if s < 1:
            weight = (a + 2) * s**3 - (a + 3) * s**2 + 1
        else:
            weight = a * s**3 - 5 * a * s**2 + 8 * a * s - 4 * a
        total += weight * values[min(max(k, 0), len(values) - 1)]
    return total


def test_rows_then_columns_and_class_token_first():
    positions = np.random.default_rng(0).normal(size=(1, 1 + 25, 3))
    found = resampled(jnp.asarray(positions), 3, 1, "plain")
    rows = cubic_matrix(3, 5, "plain")
    grid = np.einsum("ik,jl,klw->ijw", rows, rows, positions[0, 1:].reshape(5, 5, 3))
    np.testing.assert_array_equal(found[:, 0], positions[:, 0])
    np.testing.assert_allclose(found[0, 1:], grid.reshape(9, 3), atol=1e-13)
    assert resampled(jnp.asarray(positions), 5, 1, "plain").shape == positions.shape
