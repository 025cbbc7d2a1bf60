"""Leave-one-out k nearest neighbours: the plain baseline that beats most scores.

    classes   sum_i w_i [vote of the neighbours of i = y_i] / sum_i w_i
    targets   R^2 = 1 - sum_i w_i |b_i - mean b of the neighbours|^2 / sum_i w_i |b_i - mean b|^2

The neighbours of sample i are the k nearest of the others, by Euclidean or cosine distance, the
earlier row first among equals. The majority of their labels wins; of tied classes the one with the
nearest neighbour. The sample is left out by its index, so equal rows stay neighbours.

An integer weight is a repeated sample: it counts w times in the sums and votes w times in the
neighbourhoods of others, as far as there is room among the k; copies are never their own
neighbours.

Distances are computed a tile of rows against all at a time: 2 n^2 d operations, memory n times the
tile. Degenerate cases. No other sample: wrong. Fewer than k others: all of them vote. Targets
without spread: R^2 = 0. Cosine of a zero row is 0. Invariant to scale and rotation; cosine is not
to translation.

Reference: standard; k = 1 is the check of arXiv 2010.06866; see arXiv 2503.18528 as a baseline.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_choice, check_labels, check_matrix, check_positive, check_targets
from ._pairwise import closeness, slices, unit_rows
from ._rows import centred_rows, map_tiles, sample_weights, tile

METRICS = ("euclidean", "cosine")


@partial(jax.jit, static_argnames=("num_classes", "k", "metric"))
def knn(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    k: int = 5,
    metric: str = "euclidean",
    where: jax.Array | None = None,
) -> jax.Array:
    """Leave-one-out accuracy of k nearest neighbours on ``features`` (n, d)."""
    n = features.shape[0]
    check_labels(labels, n, num_classes)
    right = vote(labels, *neighbours(features, k, metric, where))
    w = sample_weights(where, features)
    good = jnp.sum(jnp.where(right, w, 0))
    return good / jnp.maximum(jnp.sum(w), jnp.finfo(w.dtype).tiny)


@partial(jax.jit, static_argnames=("k", "metric"))
def knn_regression(
    features: jax.Array,
    targets: jax.Array,
    *,
    k: int = 5,
    metric: str = "euclidean",
    where: jax.Array | None = None,
) -> jax.Array:
    """Leave-one-out R^2 of the mean of k nearest neighbours, for ``targets`` (n,) or (n, t)."""
    n = features.shape[0]
    b = check_targets(targets, n)
    near, copies = neighbours(features, k, metric, where)
    w = sample_weights(where, features)[:, None]
    b = jnp.where(w > 0, b.astype(w.dtype), 0)
    b = b - jnp.sum(w * b, 0, keepdims=True) / jnp.maximum(jnp.sum(w), jnp.finfo(w.dtype).tiny)
    found = jnp.sum(copies, 1)[:, None]
    mean = jnp.sum(copies[:, :, None] * b[near], 1) / jnp.where(found > 0, found, 1)
    left, spread = jnp.sum(w * (b - mean) ** 2), jnp.sum(w * b * b)
    return jnp.where(spread > 0, 1 - left / jnp.where(spread > 0, spread, 1), 0)


def vote(labels: jax.Array, near: jax.Array, copies: jax.Array) -> jax.Array:
    """Whether the majority of a sample's neighbours, (n, k) rows, is of its own class."""
    of = labels[near]
    same = (of[:, :, None] == of[:, None]) & (copies[:, None] > 0)
    votes = jnp.sum(jnp.where(same, copies[:, None], 0), 2)
    winner = jnp.argmax(jnp.where(copies > 0, votes, 0), 1)
    right = jnp.take_along_axis(of, winner[:, None], 1)[:, 0] == labels
    return right & (copies[:, 0] > 0)


def neighbours(
    features: jax.Array, k: int, metric: str, where: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """Rows of the k nearest others (n, k), nearest first, and how many copies of each count."""
    check_matrix("features", features)
    check_positive("k", k)
    check_choice("metric", metric, METRICS)
    n = features.shape[0]
    rows = centred_rows(features, where)
    if metric == "cosine":
        rows = rows._replace(shift=jnp.zeros_like(rows.shift), offset=jnp.zeros_like(rows.offset))
    every, _ = tile(rows, 0, n)
    length = jnp.sum(every * every, 1)
    if metric == "cosine":
        every, length = unit_rows(every), jnp.zeros_like(length)
    w = rows.weights
    place = jnp.arange(n, dtype=jnp.int32)

    def nearest(start: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
        mine, me = slices(start, size, every, place)
        near = closeness(mine, every, length)
        other = (place[None] != me[:, None]) & (w[None] > 0)
        best, index = lax.top_k(jnp.where(other, near, -jnp.inf), min(k, n))
        copies = jnp.where(best > -jnp.inf, w[index], 0)
        room = k - (jnp.cumsum(copies, 1) - copies)
        return index, jnp.clip(copies, 0, jnp.maximum(room, 0))

    return map_tiles(nearest, n, n)
