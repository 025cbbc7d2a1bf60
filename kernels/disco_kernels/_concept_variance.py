"""Concept variance: do samples that are close belong to one class?

    score = -mean_i sum_j w_ij [y_i != y_j] / sum_j w_ij
    w_ij = 2^(-2 D_ij/max(sqrt(d) - D_ij, 1e-9)),   w_ii = 0,   D_ij = |x_i - x_j|

x (n, d) features with every column scaled to [0, 1]; constant columns are 0 and still count in d.
The published value is minus the score: a low variance is a simple concept. Each row of w is
divided by its largest entry, which changes no ratio and keeps isolated samples from 0/0.

A sample of integer weight is repeated: its copies are neighbours at distance 0. One of weight
below 1 has no copies.

Cost 2 n^2 d, memory n times the tile. Degenerate cases. A single sample and one class: 0. Constant
features: every other sample is as close. Higher is better; free of the scale of each column.

Reference: arXiv 2502.06925; Vilalta & Drissi, A characterization of difficult problems in
classification, 2002.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ._checks import check_labels, check_matrix
from ._pairwise import euclidean, slices
from ._rows import sample_weights, sum_tiles


@partial(jax.jit, static_argnames="num_classes")
def concept_variance(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> jax.Array:
    """Minus the mean share of other classes in the neighbourhoods of the samples."""
    check_matrix("features", features)
    n, d = features.shape
    check_labels(labels, n, num_classes)
    w = sample_weights(where, features)
    every = _scaled_columns(features.astype(w.dtype), w)
    root = jnp.sqrt(jnp.asarray(d if width is None else width, w.dtype))
    place = jnp.arange(n, dtype=jnp.int32)

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        mine, of, me, weight = slices(start, size, every, labels, place, w)
        distance = euclidean(mine, every)
        exponent = -2 * distance / jnp.maximum(root - distance, 1e-9)
        met = (place[None] != me[:, None]) & (w > 0)[None]
        exponent = jnp.where(met, exponent, -jnp.inf)
        copies = jnp.maximum(weight - 1, 0)
        top = jnp.where(copies > 0, 0, jnp.max(exponent, 1))
        near = w[None] * jnp.exp2(exponent - jnp.where(top > -jnp.inf, top, 0)[:, None])
        total = jnp.sum(near, 1) + copies
        others = jnp.sum(jnp.where(labels[None] != of[:, None], near, 0), 1)
        return jnp.sum(jnp.where(fresh & (total > 0), weight * others / total, 0))

    return -sum_tiles(term, n, n) / jnp.maximum(jnp.sum(w), jnp.finfo(w.dtype).tiny)


def _scaled_columns(x: jax.Array, w: jax.Array) -> jax.Array:
    """Columns from -1/2 to 1/2, constant ones and rows of weight 0 as zeros."""
    there = (w > 0)[:, None]
    low = jnp.min(jnp.where(there, x, jnp.inf), 0)[None]
    spread = jnp.max(jnp.where(there, x, -jnp.inf), 0)[None] - low
    scaled = (x - low) / jnp.where(spread > 0, spread, 1) - 0.5
    return jnp.where(there & (spread > 0), scaled, 0)
