"""INT: how far apart the samples of two classes are, on average.

    INT = 2/(C(C-1)) sum_{a<b} mean_{i in a, j in b} |x_i - x_j|
        = 2/(C(C-1)) sum over pairs i, j of y_i != y_j:  w_i w_j |x_i - x_j| / (n_{y_i} n_{y_j})

x (n, d) features, Euclidean distances, n_c = sum of the weights w_i of class c, C the number of
classes that have samples.

Cost n^2 d operations (each unordered pair once), memory n times the tile. Degenerate cases. One
class: 0. Constant features: 0 up to the rounding of their values. Higher is better; depends on the
scale of the features.

Reference: arXiv 2502.06925.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ._checks import check_labels, check_matrix
from ._class_sums import class_sums
from ._pairwise import euclidean, meetings, round_circle, slices
from ._rows import centred_rows, sum_tiles, tile


@partial(jax.jit, static_argnames="num_classes")
def interclass_distance(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
) -> jax.Array:
    """Mean distance of samples of different classes, over all pairs of classes."""
    check_matrix("features", features)
    n = features.shape[0]
    check_labels(labels, n, num_classes)
    rows = centred_rows(features, where)
    every, w = tile(rows, 0, n)
    labels = jnp.clip(labels, 0, num_classes - 1)
    counts = class_sums(w, labels, num_classes)
    share = w / jnp.where(counts > 0, counts, 1)[labels]
    circle = [round_circle(each) for each in (every, labels, share)]

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        mine, of, part = slices(start, size, every, labels, share)
        others, theirs, parts = slices(start, size + n // 2, *circle)
        at, pairs = meetings(n, size, w.dtype)
        apart = jnp.take_along_axis(euclidean(mine, others), at, 1)
        apart = jnp.where(of[:, None] != theirs[at], apart * parts[at] * pairs, 0)
        return jnp.sum(jnp.where(fresh, part * jnp.sum(apart, 1), 0))

    present = jnp.sum(counts > 0).astype(w.dtype)
    return 2 * sum_tiles(term, n, n) / jnp.maximum(present * (present - 1), 1)
