"""Factor and shift of channels, with the slopes that jax would give."""

import jax
import numpy as np
import pytest

from disco_jax.backbones.channels import scaled, shifted

from ..closeness import close

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (7, 2)])
def test_slopes(shape):
    x, dy = RNG.normal(size=shape), RNG.normal(size=shape)
    factor, shift = RNG.normal(size=2), RNG.normal(size=2)
    along = (None,) * (len(shape) - 1)
    plain = lambda x, a, v: x * a[along] + v[along]  # noqa: E731
    found, pull = jax.vjp(scaled, x, factor, shift)
    expected, pull_plain = jax.vjp(plain, x, factor, shift)
    close(found, expected)
    for one, other in zip(pull(dy), pull_plain(dy), strict=True):
        close(one, other)
    found, pull = jax.vjp(shifted, x, shift)
    close(found, x + shift)
    for one, other in zip(pull(dy), (dy, dy.sum(tuple(range(len(shape) - 1)))), strict=True):
        close(one, other)
