"""Terms of a score that only mean something relative to the other models of a hub.

    (v - min) / (max - min)    over the models; 0 for all of them where there is no spread

Reference: the detection score of arXiv 2412.19085 adds two terms scaled like this.
"""

import jax
import jax.numpy as jnp

from ._precision import accumulation_dtype


@jax.jit
def hub_minmax(values: jax.Array, where: jax.Array | None = None) -> jax.Array:
    """``(v - min)/(max - min)`` over the last axis, the models; 0 without spread or if masked."""
    values = values.astype(accumulation_dtype(values.dtype))
    here = jnp.ones(values.shape, bool) if where is None else where.astype(bool)
    low = jnp.min(jnp.where(here, values, jnp.inf), -1, keepdims=True)
    spread = jnp.max(jnp.where(here, values, -jnp.inf), -1, keepdims=True) - low
    return jnp.where(here & (spread > 0), (values - low) / jnp.where(spread > 0, spread, 1), 0)
