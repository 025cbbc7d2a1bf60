"""GBC: the Gaussian Bhattacharyya overlap of the classes.

    GBC = -sum_{a != b} exp(-DB_ab)      over the ordered pairs of classes that have samples
    spherical  DB = |mu_a - mu_b|^2/(8 s) + 1/2 (ln s - 1/2 ln s_a - 1/2 ln s_b),  s = (s_a + s_b)/2
    diagonal   the same with the variances of each dimension, summed over the d dimensions

mu_c (d,) class means, v_c (d,) class variances (1/n_c), each at least 1e-4, s_c their mean. The
published spherical code counts the logarithms once, where the determinant in the paper counts them
d times: ``determinant=True``. ``log_overlap`` is ln sum exp(-DB), which does not underflow for
classes far apart; lower is better for it, higher for the score.

Cost n d for means and variances, C^2 d for the pairs (diagonal: in blocks of one class).
Degenerate cases. One class: score 0, log_overlap at the least finite number. A class of one sample
has the floor as variance. Constant features: every pair overlaps fully, -(number of pairs).
Depends on the scale of the features; the paper reduces to 64 principal components first.

Reference: Pandy et al., Transferability estimation using Bhattacharyya class separability,
CVPR 2022.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_choice, check_labels, check_matrix
from ._class_sums import class_sums
from ._precision import dot
from ._rows import centred_rows, sum_tiles, tile

FLOOR = 1e-4


class Gbc(NamedTuple):
    """The score and the logarithm of minus the score."""

    score: jax.Array  # ()
    log_overlap: jax.Array  # ()


@partial(jax.jit, static_argnames=("num_classes", "covariance", "determinant"))
def gbc(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    covariance: str = "spherical",
    determinant: bool = False,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> Gbc:
    """Bhattacharyya overlap of the classes of ``features`` (n, d), negated."""
    check_matrix("features", features)
    n, d = features.shape
    check_labels(labels, n, num_classes)
    check_choice("covariance", covariance, ("spherical", "diagonal"))
    counts, means, variances = _class_gaussians(features, labels, num_classes, where)
    real = jnp.arange(d, dtype=jnp.int32) < (d if width is None else width)
    size = jnp.sum(real).astype(means.dtype)
    variances = jnp.maximum(variances, FLOOR)
    if covariance == "spherical":
        spread = jnp.sum(jnp.where(real[None], variances, 0), 1) / size
        lengths = jnp.sum(means * means, 1)
        apart = lengths[:, None] + lengths[None] - 2 * dot(means, means, (1, 1))
        both = (spread[:, None] + spread[None]) / 2
        logs = jnp.log(both) - (jnp.log(spread)[:, None] + jnp.log(spread)[None]) / 2
        distance = jnp.maximum(apart, 0) / (8 * both) + (size if determinant else 1) * logs / 2
    else:

        def against(one: tuple[jax.Array, jax.Array]) -> jax.Array:
            both = (one[1][None] + variances) / 2
            logs = jnp.log(both) - (jnp.log(one[1])[None] + jnp.log(variances)) / 2
            each = (one[0][None] - means) ** 2 / (8 * both) + logs / 2
            return jnp.sum(jnp.where(real[None], each, 0), 1)

        distance = lax.map(against, (means, variances))
    present = counts > 0
    pairs = present[:, None] & present[None] & ~jnp.eye(num_classes, dtype=bool)
    least = jnp.finfo(distance.dtype).min
    log_overlap = jax.nn.logsumexp(jnp.where(pairs, -distance, least))
    log_overlap = jnp.where(jnp.any(pairs), log_overlap, least)
    return Gbc(-jnp.sum(jnp.where(pairs, jnp.exp(-distance), 0)), log_overlap)


def _class_gaussians(
    features: jax.Array, labels: jax.Array, num_classes: int, where: jax.Array | None
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Weights (C,), centred means (C, d) and variances (C, d) of the classes."""
    rows = centred_rows(features, where)
    n, d = features.shape

    def label(start: jax.Array, size: int) -> jax.Array:
        return lax.dynamic_slice_in_dim(labels, start, size)

    def sums(start: jax.Array, fresh: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
        y, w = tile(rows, start, size, fresh)
        of = label(start, size)
        return class_sums(w, of, num_classes), class_sums(y * w[:, None], of, num_classes)

    counts, totals = sum_tiles(sums, n, d)
    safe = jnp.where(counts > 0, counts, 1)[:, None]
    means = totals / safe

    def squares(start: jax.Array, fresh: jax.Array, size: int) -> jax.Array:
        y, w = tile(rows, start, size, fresh)
        of = label(start, size)
        off = y - means[jnp.clip(of, 0, num_classes - 1)]
        return class_sums(off * off * w[:, None], of, num_classes)

    return counts, means, sum_tiles(squares, n, d) / safe
