"""A factor and a shift for every channel of a map (..., c), and their slopes.

    y = x a + v        da = sum over positions of x dy        dv = sum over positions of dy

The sums are products with ones: left to itself XLA computes ``dy`` again in every sum that reads
it, a column at a time.
"""

import jax
import jax.numpy as jnp
from jax import lax


@jax.custom_vjp
def scaled(x: jax.Array, factor: jax.Array, shift: jax.Array) -> jax.Array:
    """``x`` (..., c) times a factor (c,), plus a shift (c,)."""
    along = (None,) * (x.ndim - 1)
    return x * factor[along] + shift[along]


def _scaled_back(
    saved: tuple[jax.Array, jax.Array], dy: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    x, factor = saved
    return dy * factor[(None,) * (x.ndim - 1)], _summed(x * dy), _summed(dy)


scaled.defvjp(lambda x, factor, shift: (scaled(x, factor, shift), (x, factor)), _scaled_back)


@jax.custom_vjp
def shifted(x: jax.Array, shift: jax.Array) -> jax.Array:
    """``x`` (..., c) plus a shift (c,)."""
    return x + shift[(None,) * (x.ndim - 1)]


shifted.defvjp(lambda x, shift: (shifted(x, shift), None), lambda _, dy: (dy, _summed(dy)))


def _summed(x: jax.Array) -> jax.Array:
    """Over all positions, (c,)."""
    rows = x.reshape(-1, x.shape[-1])
    return jnp.dot(jnp.ones_like(rows, shape=len(rows)), rows, precision=lax.Precision.HIGHEST)
