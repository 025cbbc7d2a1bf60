"""Stable rank: the spread of the features in units of that of their leading direction.

    stable rank = sum_j s_j^2/s_1^2

s_j the singular values of the centred features, all of them. Between 1 and the rank. Cost k.
Degenerate cases. Constant features: 0. Higher is better; independent of scale and rotation.

Reference: Rudelson and Vershynin, J. ACM 2007.
"""

import jax
import jax.numpy as jnp

from ._spectrum import Spectrum


@jax.jit
def stable_rank(spectrum: Spectrum) -> jax.Array:
    """Stable rank of the spectrum's features."""
    s = spectrum.singular_values
    return jnp.sum((s / jnp.where(s[0] > 0, s[0], 1)) ** 2)
