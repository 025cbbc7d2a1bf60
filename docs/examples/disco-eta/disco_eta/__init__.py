"""Eta squared: how much of the variance of single columns lies between the classes.

    eta_j = sum_c N_c (m_cj - m_j)^2 / sum_i w_i (x_ij - m_j)^2
    score = mean of the `top` largest eta_j

x (n, d) features, w (n,) weights, m_j the mean of column j and m_cj that of class c, N_c the weight
of the class. A constant column has eta 0. With fewer columns than `top` it is the mean of all.
"""

import jax
import jax.numpy as jnp

from disco_jax import Metric


def eta(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array,
    width: jax.Array,
    top: int = 8,
) -> jax.Array:
    """The mean of the largest shares."""
    w = where.astype(jnp.float32)
    x = jnp.where(w[:, None] > 0, features.astype(jnp.float32), 0)
    x = x - (w @ x / jnp.sum(w))[None]
    own = jax.nn.one_hot(labels, num_classes, dtype=x.dtype) * w[:, None]
    counts = jnp.maximum(jnp.sum(own, 0), 1)[:, None]
    between = jnp.sum((own.T @ x) ** 2 / counts, 0)
    total = jnp.sum(w[:, None] * x * x, 0)
    shares = jnp.sort(between / jnp.where(total > 0, total, 1), descending=True)[:top]
    return jnp.sum(shares) / jnp.minimum(top, width).astype(x.dtype)


ROW = Metric(
    {"classification": eta},
    scale="free",
    cost="2 n d C",
    citation="analysis of variance, Fisher 1925",
)
