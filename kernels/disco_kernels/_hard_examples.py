"""Hard-example selection: in each class, the samples that a linear classifier is least sure of.

    ln p(c | x_i) up to a constant = -1/2 (x_i - mu_c)^T L^-1 (x_i - mu_c) + ln n_c/n
    L = W/n + rho I,    rho = 1e-3 tr(W)/(n d)

W (d, d) the pooled within-class scatter: linear discriminant analysis, lightly regularised so that
n <= d works. Of each class with n_c samples the max(1, round(fraction n_c)) of lowest log-posterior
of their own class are kept; ties go to the earlier sample.

Cost 1.1 n d^2 + d^3/3 + 2 n C d operations and a sort; memory d^2 and one (n, C) table of logits.

Degenerate cases. An empty class keeps nothing, a class of one sample keeps it. Where W = 0, L = I.
Rows of weight zero, and labels outside 0..C-1, are never kept. A sample of weight w takes w places.

Reference: arXiv 2412.19085, section 3 (hard examples by LDA).
"""

from functools import partial

import jax
import jax.numpy as jnp

from ._checks import check_labels, check_matrix
from ._lapack import cholesky, cholesky_solve
from ._moments import Moments, moments
from ._precision import dot, in_double, wide
from ._rows import centred_rows, project, sample_weights


@partial(jax.jit, static_argnames=("num_classes", "fraction"))
def hard_examples(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    fraction: float,
    where: jax.Array | None = None,
) -> jax.Array:
    """Mask (n,) of the hardest ``fraction`` of every class of ``features`` (n, d)."""
    check_matrix("features", features)
    check_labels(labels, features.shape[0], num_classes)
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction must be in (0, 1], got {fraction}")
    m = moments(features, labels, num_classes=num_classes, where=where)
    known = (labels >= 0) & (labels < num_classes)
    w = jnp.where(known, sample_weights(where, features), 0)
    margin = _margin(_logits(features, where, m), labels)
    place = jnp.where(w > 0, labels, num_classes).astype(jnp.int32)
    order = jnp.lexsort((margin, place)).astype(jnp.int32)

    def kept() -> jax.Array:
        counts, sorted_w = m.class_counts.astype(wide()), w[order].astype(wide())
        quota = jnp.maximum(1, jnp.floor(fraction * counts + 0.5))
        last = jnp.pad(jnp.cumsum(counts) - counts + quota, (0, 1))[place[order]]
        return (sorted_w > 0) & (jnp.cumsum(sorted_w) - sorted_w < last)

    return jnp.zeros(labels.shape, bool).at[order].set(in_double(kept, w.dtype))


def _margin(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Log-odds of the own class: ordered as its posterior is, and exact where that rounds to 1."""
    is_own = labels[:, None] == jnp.arange(logits.shape[1], dtype=labels.dtype)[None]
    own = jnp.sum(jnp.where(is_own, logits, 0), 1)
    return own - jax.nn.logsumexp(jnp.where(is_own, -jnp.inf, logits), axis=1)


def _logits(features: jax.Array, where: jax.Array | None, m: Moments) -> jax.Array:
    """Log-posteriors of every class up to a constant of the sample, (n, C)."""
    d = features.shape[1]
    present = m.class_counts > 0
    safe = jnp.where(present, m.class_counts, 1)
    means = m.class_sums / safe[:, None]
    within = (m.gram - dot(m.class_sums, means, (0, 0))) / jnp.maximum(m.total, 1e-30)
    scale = jnp.trace(within) / d
    regular = within + 1e-3 * scale * jnp.eye(d, dtype=within.dtype)
    regular = jnp.where(scale > 0, regular, jnp.eye(d, dtype=within.dtype))
    slopes = cholesky_solve(cholesky(regular), means.T)
    bias = jnp.log(safe) - jnp.sum(means.T * slopes, 0) / 2
    return project(centred_rows(features, where), slopes) + jnp.where(present, bias, -1e30)[None]
