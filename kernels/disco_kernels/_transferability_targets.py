"""How well each spectral component explains real targets: the residual of a least-squares fit.

    b_hat = U_g U_g^T b,    q_g = -mean over samples and targets of (b - b_hat)^2

b (n, t) targets less their means (the features are centred, so there is no other intercept), U_g
the left singular vectors of group g. With weights, inner products and means carry them. Only
singular values over the rank cut of the spectrum count: beyond it U is arbitrary. q_g <= 0, 0 a
perfect fit; it is in squared units of the targets.

Cost 4 n k t operations; memory one tile of samples times G t.

Degenerate cases. A group beyond the rank (or constant features) explains nothing: q_g is minus the
variance of the targets. Constant targets: q_g = 0. Groups that do not exist have q = 0.

Reference: arXiv 2412.19085, section 3.
"""

import jax
import jax.numpy as jnp
from jax import lax

from ._precision import HIGHEST, dot
from ._proportions import Groups
from ._rows import centred_targets, sum_tiles, total_over


def regression_transferability(
    coordinates: jax.Array,
    singular_values: jax.Array,
    rank: jax.Array,
    targets: jax.Array,
    weights: jax.Array,
    groups: Groups,
    *,
    axis_name: str | None,
) -> jax.Array:
    """q_g of every group, (G,), for targets (n, t)."""
    n, k = coordinates.shape
    t = targets.shape[1]
    b = centred_targets(targets.astype(coordinates.dtype), weights, axis_name)
    counted = jnp.arange(k, dtype=rank.dtype) < rank
    inverse = jnp.where(counted, 1 / jnp.where(counted, singular_values, 1), 0)
    loadings = total_over(dot(coordinates, b * weights[:, None], (0, 0)), axis_name)
    slopes = loadings * (inverse * inverse)[:, None]
    by_group = jnp.where(groups.inside[:, :, None], slopes[groups.members], 0)

    def term(start: jax.Array, fresh: jax.Array, size: int) -> jax.Array:
        part = lax.dynamic_slice_in_dim(coordinates, start, size)[:, groups.members]
        w = jnp.where(fresh, lax.dynamic_slice_in_dim(weights, start, size), 0)
        fit = jnp.einsum("igm,gmt->igt", part, by_group, precision=HIGHEST)
        left = lax.dynamic_slice_in_dim(b, start, size)[:, None] - fit
        return jnp.sum(left * left * w[:, None, None], (0, 2))

    total = total_over(jnp.sum(weights), axis_name) * t
    squares = total_over(sum_tiles(term, n, k + groups.members.shape[0] * t), axis_name)
    return jnp.where(groups.exists, -squares / jnp.where(total > 0, total, 1), 0)
