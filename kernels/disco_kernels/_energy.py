"""Energy: how confident the source head is, without any labels.

    energy = 1/n sum_i ln sum_z exp(logit_iz)

logits (n, Z) of the source head. Cost n Z. Degenerate cases. No samples: 0. One source class: the
mean logit. Higher is better; minus the mean free energy of the literature. Shifts with the logits.

Reference: Liu et al., Energy-based out-of-distribution detection, NeurIPS 2020; ETran, ICCV 2023.
"""

import jax
import jax.numpy as jnp

from ._checks import check_matrix
from ._rows import sample_weights


@jax.jit
def energy(logits: jax.Array, *, where: jax.Array | None = None) -> jax.Array:
    """Mean log-sum-exp of ``logits`` (n, Z)."""
    check_matrix("logits", logits)
    w = sample_weights(where, logits)
    each = jax.nn.logsumexp(logits.astype(w.dtype), axis=1)
    total = jnp.maximum(jnp.sum(w), jnp.finfo(w.dtype).tiny)
    return jnp.sum(jnp.where(w > 0, w * each, 0)) / total
