"""PARC: do samples whose features correlate have the same label?

    f_ij = 1 - Pearson(z_i, z_j),   l_ij = [y_i != y_j],   PARC = 100 Spearman(f, l) over i < j

x (n, d) features, z_i the rows of x with standardised columns (constant ones 0). With N pairs, of
which t_v are at the distance v and have the average rank R_v (from 0, so that their mean is N/2),

    Spearman = sum_{l_ij = 1} (R_ij - N/2) / sqrt(sum_v t_v (R_v - N/2)^2 N_0 N_1/N)

as l has two values, N_0 and N_1 times. So all that is needed is how many pairs of the same and of
different labels stand at each distance. Distances are rounded to multiples of 2^-20 (float64
features: 2^-40), above the rounding of correlations, so that equal ones are tied.

Up to 1447 samples the distances of all pairs fit one tile and are sorted. Beyond, pairs are counted
in 2^21 cells of that width, 32 megabytes: the same for float32, while in float64 what shares a cell
is tied. A random order within cells moves the score by about 0.2 q^(1/2)/N, q being the mean
density of distances (1.4 where they spread by 0.2): by less than 1e-6 of the 100.

The published code takes l from rounded correlations of one-hot rows, which splits its ties: up to
0.1 away. Its optional PCA to 32 components comes before columns are standardised (here a view of
the features); signs of components matter, and are those of ``spectrum``.

A sample of integer weight is repeated: its copies are pairs too, at the distance 0.

Cost n^2 d and n^2/2 additions to cells; memory n times the tile. Degenerate cases. A row without
spread (d = 1) has the correlation 0. All f or all l equal (constant features, one class), fewer
than three samples: 0. Higher is better; free of the scale of each column.

Reference: Bolya et al., Scalable diverse model selection for accessible transfer learning,
NeurIPS 2021.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_labels, check_matrix
from ._pairwise import fold_tiles, meetings, round_circle, slices, unit_rows
from ._precision import accumulation_dtype, dot, in_double, wide
from ._rows import TILE_ELEMENTS, centred_rows, tile

CELLS = 2**20  # per unit of distance


@partial(jax.jit, static_argnames="num_classes")
def parc(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> jax.Array:
    """100 times the rank correlation of feature distances with label distances."""
    check_matrix("features", features)
    n, d = features.shape
    check_labels(labels, n, num_classes)
    rows, w = _standardised(features, where, d if width is None else width)
    count = _sorted if n * (n // 2 + 1) <= TILE_ELEMENTS else _in_cells

    def score() -> jax.Array:
        return 100 * _spearman(*count(rows, labels, w.astype(wide())))

    return in_double(score, accumulation_dtype(features.dtype))


def _standardised(features: jax.Array, where: Any, width: Any) -> tuple[jax.Array, jax.Array]:
    """Rows of standardised columns, centred and of length 1; their weights."""
    n, d = features.shape
    rows = centred_rows(features, where)
    x, w = tile(rows, 0, n)
    there = w[:, None] > 0
    low = jnp.min(jnp.where(there, features, jnp.inf), 0)
    high = jnp.max(jnp.where(there, features, -jnp.inf), 0)
    deviation = jnp.sqrt(dot(w[None], x * x, (1, 0))[0] / jnp.maximum(rows.total, 1e-30))
    varies = (high > low) & (deviation > 0)
    z = jnp.where(varies[None], x / jnp.where(varies, deviation, 1)[None], 0)
    mean = jnp.sum(z, 1) / jnp.asarray(width, w.dtype)
    real = jnp.arange(d, dtype=jnp.int32) < width
    return unit_rows(jnp.where(there & real[None], z - mean[:, None], 0)), w


def _tile_of_pairs(
    rows: jax.Array, labels: jax.Array, weights: jax.Array, start: Any, size: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Correlations, sameness and number of pairs of some rows with those after them."""
    n = rows.shape[0]
    mine, of, w = slices(start, size, rows, labels, weights)
    circle = (round_circle(each) for each in (rows, labels, weights))
    others, theirs, parts = slices(start, size + n // 2, *circle)
    at, share = meetings(n, size, weights.dtype)
    pairs = w[:, None] * parts[at] * share
    pairs = pairs.at[:, 0].set(w * jnp.maximum(w - 1, 0) / 2)
    r = jnp.take_along_axis(dot(mine, others, (1, 1)), at, 1)
    return r, of[:, None] == theirs[at], pairs


def _sorted(rows: jax.Array, labels: jax.Array, weights: jax.Array) -> tuple:
    """Pairs of same and of different labels at each distance, ascending."""
    r, same, pairs = _tile_of_pairs(rows, labels, weights, 0, rows.shape[0])
    scale = CELLS**2 if r.dtype == jnp.float64 else CELLS
    distance = jnp.round((1 - r) * scale).ravel()
    signed = jnp.where(same, pairs, -pairs).ravel()
    distance, signed = lax.sort((distance, signed), num_keys=1)
    new = jnp.append(jnp.zeros(1, bool), distance[1:] != distance[:-1])
    cell = jnp.cumsum(new)

    def gathered(x: jax.Array) -> jax.Array:
        return jax.ops.segment_sum(x, cell, x.shape[0], indices_are_sorted=True)

    return gathered(jnp.maximum(signed, 0)), gathered(jnp.maximum(-signed, 0))


def _in_cells(rows: jax.Array, labels: jax.Array, weights: jax.Array) -> tuple:
    """The same, with distances counted in cells of equal width."""
    n, length = rows.shape[0], 2 * CELLS + 1

    def step(counts: jax.Array, start: Any, fresh: jax.Array, size: int) -> jax.Array:
        r, same, pairs = _tile_of_pairs(rows, labels, weights, start, size)
        cell = jnp.clip(jnp.round((1 - r) * CELLS), 0, 2 * CELLS).astype(jnp.int32)
        cell = cell + jnp.where(same, 0, length).astype(jnp.int32)
        return counts.at[cell].add(jnp.where(fresh[:, None], pairs, 0))

    counts = fold_tiles(step, jnp.zeros(2 * length, weights.dtype) + 0 * weights[0], n, n)
    return counts[:length], counts[length:]


def _spearman(same: jax.Array, different: jax.Array) -> jax.Array:
    """Rank correlation of distances with labels, from the pairs at each distance."""
    pairs = same + different
    total, unlike = jnp.sum(pairs), jnp.sum(different)
    rank = jnp.cumsum(pairs) - (pairs + total) / 2  # about its mean
    variance = jnp.sum(pairs * rank * rank) * unlike * (total - unlike) / jnp.maximum(total, 1)
    return jnp.sum(different * rank) / jnp.sqrt(jnp.where(variance > 0, variance, jnp.inf))
