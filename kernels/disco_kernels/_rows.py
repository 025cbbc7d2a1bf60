"""Features as weighted, centred rows, read tile by tile, so that no centred copy is ever made.

    y_i = x_i - mu,    mu = sum_i w_i x_i / sum_i w_i,    rows with w_i = 0 read as zero

The mean is kept as the sum of two vectors: a coarse mean of the first tile, and the mean of what
is left after subtracting it. A row centred by one after the other keeps full relative precision
even where the mean is a thousand deviations away, which a single rounded float32 mean cannot
give.

A *tile* is about four megabytes of float32. Tiles have equal sizes: the last one reaches back over
rows already read, and its ``fresh`` mask is False there. Sums start from the first tile instead of
from zeros: a constant start would fail the varying-axes check inside ``shard_map``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_vector
from ._precision import accumulation_dtype, dot

TILE_ELEMENTS = 2**20

Block = Callable[[Any, jax.Array, int], tuple[Any, Any]]


class Rows(NamedTuple):
    """Weighted, centred rows: what every factorisation reads instead of the raw features."""

    features: jax.Array  # (n, d), as given
    weights: jax.Array  # (n,), in the accumulation dtype
    shift: jax.Array  # (d,), about the mean of the first tile
    offset: jax.Array  # (d,), the mean of what that leaves
    total: jax.Array  # (), sum of the weights over all devices
    samples: jax.Array  # (), how many there are, a repeated one counted each time


def total_over(x: Any, axis_name: str | None) -> Any:
    """Sum over the devices that share the rows; the value itself where they are not shared."""
    return x if axis_name is None else lax.psum(x, axis_name)


def tiling(length: int, width: int) -> tuple[int, int]:
    """Number and length of equal tiles of at most ``TILE_ELEMENTS`` elements."""
    tiles = -(-length // max(1, TILE_ELEMENTS // max(width, 1)))
    return max(tiles, 1), -(-length // max(tiles, 1))


def over_tiles(block: Block, length: int, width: int) -> tuple[Any, Any]:
    """``block(start, fresh, size)`` on every tile: its first result summed, its second joined."""
    tiles, size = tiling(length, width)
    total, head = block(0, jnp.ones(size, bool), size)
    if tiles == 1:
        return total, head

    def step(total: Any, index: jax.Array) -> tuple[Any, Any]:
        start = jnp.minimum(index * size, length - size)
        part, rows = block(start, start + jnp.arange(size) >= index * size, size)
        return jax.tree.map(jnp.add, total, part), rows

    total, rest = lax.scan(step, total, jnp.arange(1, tiles))
    again = tiles * size - length
    return total, jax.tree.map(
        lambda a, b: jnp.concatenate([a, b[:-1].reshape(-1, *a.shape[1:]), b[-1, again:]]),
        head,
        rest,
    )


def sum_tiles(term: Callable[[Any, jax.Array, int], Any], length: int, width: int) -> Any:
    """Sum of ``term(start, fresh, size)`` over the tiles of an axis of ``length``."""
    return over_tiles(lambda *place: (term(*place), None), length, width)[0]


def map_tiles(rows_of: Callable[[Any, int], Any], length: int, width: int) -> Any:
    """Rows ``rows_of(start, size)`` of all tiles, joined along the first axis."""
    return over_tiles(lambda start, _, size: (None, rows_of(start, size)), length, width)[1]


def sample_weights(where: jax.Array | None, rows: jax.Array) -> jax.Array:
    """A mask or weights in the accumulation dtype of ``rows`` (n, d); ones where there is none.

    The ones come from the rows, so that inside ``shard_map`` they are split as the rows are.
    """
    if where is not None:
        check_vector("where", where, rows.shape[0])
    ones = jnp.where(rows[:, 0] > 0, 1, 1) if where is None else where
    return ones.astype(accumulation_dtype(rows.dtype))


def sample_count(weights: jax.Array, axis_name: str | None = None) -> jax.Array:
    """Samples present: the total weight, but no fewer than the rows of positive weight."""
    present = total_over(jnp.sum(weights > 0, dtype=jnp.int32), axis_name)
    total = total_over(jnp.sum(weights), axis_name)
    return jnp.maximum(present, jnp.round(total).astype(jnp.int32))


def centred_rows(
    features: jax.Array, where: jax.Array | None = None, axis_name: str | None = None
) -> Rows:
    """The features with their weights and their two-term mean: one pass over them."""
    shifted = shifted_rows(features, where, axis_name)
    rest = total_over(sum_tiles(partial(weighted_sum, shifted), *features.shape), axis_name)
    dtype = shifted.weights.dtype
    offset = rest / jnp.maximum(shifted.total, jnp.finfo(dtype).tiny)
    return shifted._replace(offset=_settled(offset, jnp.finfo(dtype).nmant - 1))


def shifted_rows(
    features: jax.Array, where: jax.Array | None = None, axis_name: str | None = None
) -> Rows:
    """The features less the mean of their first tile only: near enough beside centred rows."""
    n, d = features.shape
    weights = sample_weights(where, features)
    dtype = weights.dtype
    total = total_over(jnp.sum(weights), axis_name)
    raw = Rows(
        features,
        weights,
        jnp.zeros(d, dtype),
        jnp.zeros(d, dtype),
        total,
        sample_count(weights, axis_name),
    )

    size = tiling(n, d)[1]
    head = total_over(weighted_sum(raw, 0, jnp.ones(size, bool), size), axis_name)
    mass = total_over(jnp.sum(weights[:size]), axis_name)
    shift = head / jnp.maximum(mass, jnp.finfo(dtype).tiny)
    return raw._replace(shift=_settled(shift, jnp.finfo(dtype).nmant // 2))


def weighted_sum(rows: Rows, start: Any, fresh: jax.Array, size: int) -> jax.Array:
    """Sum of the centred rows of one tile, times their weights: (d,)."""
    y, w = tile(rows, start, size, fresh)
    return dot(w[None], y, (1, 0))[0]


def _settled(x: jax.Array, bits: int) -> jax.Array:
    """The value to so many bits of its mantissa.

    A compiler recomputes a quotient wherever it is subtracted, here with a fused multiply-add and
    there without, and so with two roundings: a mean of 1000 that differs by 1e-7 of itself from one
    use to the next spoils every small singular value. Cut short, it is the same number everywhere.
    """
    return lax.reduce_precision(x, jnp.finfo(x.dtype).nexp, bits)


def tile(
    rows: Rows, start: Any, size: int, fresh: jax.Array | None = None
) -> tuple[jax.Array, jax.Array]:
    """Centred rows ``start`` to ``start + size`` and their weights; stale rows weigh nothing."""
    x = lax.dynamic_slice_in_dim(rows.features, start, size).astype(rows.weights.dtype)
    w = lax.dynamic_slice_in_dim(rows.weights, start, size)
    y = jnp.where(w[:, None] > 0, (x - rows.shift[None]) - rows.offset[None], 0)
    return y, w if fresh is None else jnp.where(fresh, w, 0)


def project(rows: Rows, basis: jax.Array) -> jax.Array:
    """Coordinates ``y_i^T basis`` of all rows, (n, k)."""
    n, d = rows.features.shape
    return map_tiles(lambda start, size: dot(tile(rows, start, size)[0], basis, (1, 0)), n, d)


def centred_targets(
    targets: jax.Array, weights: jax.Array, axis_name: str | None = None
) -> jax.Array:
    """Targets (n, t) less their weighted means, subtracted twice so that large ones do not cancel.

    Zero where the weight is.
    """
    total = total_over(jnp.sum(weights), axis_name)
    present = weights[:, None] > 0
    for _ in range(2):
        targets = jnp.where(present, targets, 0)
        mean = total_over(dot(weights[None], targets, (1, 0)), axis_name)
        targets = targets - mean / jnp.where(total > 0, total, 1)
    return jnp.where(present, targets, 0)
