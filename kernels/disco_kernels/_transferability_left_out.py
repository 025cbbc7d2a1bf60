"""How well the leading components predict answers that are left out: least squares, by group.

    q_g = sum_i (p_i . y_i)/sum_i |y_i|^2

y_i (t,) the answers less their mean: targets, or for classes the one-hot code of the label. p_i is
what a ridge regression on the components of the groups 1..g together predicts of sample i when it
is fitted without it (``_left_out``), with lam = ``RIDGE`` s_1^2.

The penalty is large: what a component adds depends on its size, s_j^2/(s_j^2 + lam), as it does in
fine-tuning, which learns large components first. q_g is 1 where predictions are the answers, about
0 where they have nothing to do with them, and negative where they mislead. Left out, more columns
do not raise it by themselves; it is free of the scale, the rotation and the origin of features and
of targets.

Cost 2 n k G t operations; memory one tile of samples by G t. Degenerate cases. Constant features:
-1/(n - 1), as the mean of the others lies off a sample's own side. One class, or targets without
spread: 0. Groups that do not exist have q = 0.
"""

import jax
import jax.numpy as jnp
from jax import lax

from ._left_out import positive, sum_left_out
from ._proportions import Groups
from ._rows import centred_targets, total_over
from ._spectrum import Spectrum

RIDGE = 0.1  # of the largest squared singular value


def left_out_transferability(
    spectrum: Spectrum,
    targets: jax.Array,
    weights: jax.Array,
    groups: Groups,
    *,
    axis_name: str | None,
) -> jax.Array:
    """q_g of every group, (G,), for targets (n, t)."""
    t = spectrum.coordinates
    y = centred_targets(targets.astype(t.dtype), weights, axis_name)
    last = jnp.max(jnp.where(groups.inside, groups.members, -1), 1)
    together = jnp.arange(t.shape[1], dtype=last.dtype)[:, None] <= last[None]

    def agreement(error: jax.Array, start: jax.Array, size: int) -> jax.Array:
        own = lax.dynamic_slice_in_dim(y, start, size)[:, None]
        return jnp.sum((own - error) * own, 2)

    penalties = jnp.full(last.shape, RIDGE)
    agreed = sum_left_out(
        spectrum, y, weights, penalties, agreement, taken=together, axis_name=axis_name
    )
    spread = total_over(jnp.sum(weights[:, None] * y * y), axis_name)
    return jnp.where(groups.exists & (spread > 0), agreed / positive(spread), 0)
