"""Distances between samples, a tile of rows against others at a time: never n x n numbers.

    Euclidean     |a - b|^2 = |a|^2 - (2 a.b - |b|^2), the bracket being the *closeness* of b
    maximum       max_j |a_j - b_j|
    correlation   a.b of rows centred and divided by their lengths; the cosine without centring

Whoever needs every other row of a row reads tiles of rows against all (``map_tiles``,
``sum_tiles``). Two scans do less:

- Unordered pairs, half of the work: the rows stand in a circle, and each meets those of the half
  circle after it. Where n is even two rows opposite one another meet twice, each time for a half.
- The k nearest of the own class: rows sorted by class, and a tile of them meets the range of rows
  that its classes fill, in blocks: about n_c + 256 rows instead of n.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._precision import dot
from ._rows import TILE_ELEMENTS, map_tiles, tiling

SIDE = 128  # rows and columns of a block of the scan within classes


def closeness(mine: jax.Array, others: jax.Array, lengths: jax.Array) -> jax.Array:
    """``2 a.b - |b|^2``: of two rows b the nearer one has more; ``lengths`` are the |b|^2."""
    return 2 * dot(mine, others, (1, 1)) - lengths[None]


def euclidean(mine: jax.Array, others: jax.Array) -> jax.Array:
    """Euclidean distances, (size, m); rows about centred keep most of their digits."""
    near = closeness(mine, others, jnp.sum(others * others, 1))
    return jnp.sqrt(jnp.maximum(jnp.sum(mine * mine, 1)[:, None] - near, 0))


def maximum(mine: jax.Array, others: jax.Array) -> jax.Array:
    """Maximum-norm distances, (size, m)."""
    return jnp.max(jnp.abs(mine[:, None] - others[None]), 2)


def unit_rows(rows: jax.Array) -> jax.Array:
    """Rows divided by their lengths; rows of zeros as they are."""
    length = jnp.sqrt(jnp.sum(rows * rows, 1))
    return rows / jnp.where(length > 0, length, 1)[:, None]


def slices(start: Any, size: int, *arrays: jax.Array) -> list[jax.Array]:
    """Rows ``start`` to ``start + size`` of each array."""
    return [lax.dynamic_slice_in_dim(each, start, size) for each in arrays]


def round_circle(rows: jax.Array) -> jax.Array:
    """The rows, and once more those that the last ones meet: (n + n//2, ...)."""
    return jnp.concatenate([rows, rows[: rows.shape[0] // 2]])


def meetings(n: int, size: int, dtype: Any) -> tuple[jax.Array, jax.Array]:
    """Whom the rows of a tile meet, and for how much: (size, n//2 + 1) and (1, n//2 + 1).

    Columns are offsets round the circle, and 0 is the row itself. The first array holds places in
    the part of the circle from the tile's start on.
    """
    offset = jnp.arange(n // 2 + 1, dtype=jnp.int32)[None]
    twice = (2 * offset == n) & (offset > 0)
    share = jnp.where(offset == 0, 0.0, jnp.where(twice, 0.5, 1.0)).astype(dtype)
    return jnp.arange(size, dtype=jnp.int32)[:, None] + offset, share


def fold_tiles(
    step: Callable[[Any, Any, jax.Array, int], Any], carry: Any, length: int, width: int
) -> Any:
    """``carry = step(carry, start, fresh, size)`` over the tiles, for carries too big to add up."""
    tiles, size = tiling(length, width)

    def one(index: Any, carry: Any) -> Any:
        start = jnp.minimum(index * size, length - size)
        return step(carry, start, start + jnp.arange(size) >= index * size, size)

    return lax.fori_loop(0, tiles, one, carry)


def nearest_in_class(
    rows: jax.Array,
    labels: jax.Array,
    weights: jax.Array,
    num_classes: int,
    k: int,
    distance: Callable[[jax.Array, jax.Array], jax.Array],
) -> tuple[jax.Array, jax.Array]:
    """Distances (n, k) to the nearest others of the class, ascending, and their weights.

    Both are infinite and 0 where there are fewer than k. Rows of weight 0 are in no class.
    """
    n = rows.shape[0]
    known = (weights > 0) & (labels >= 0) & (labels < num_classes)
    label = jnp.where(known, labels, num_classes).astype(jnp.int32)
    order = jnp.argsort(label)
    x, y, w = rows[order], label[order], weights[order]
    ends = jnp.cumsum(jnp.bincount(label, length=num_classes)).astype(jnp.int32)
    first, last = jnp.append(0 * ends[:1], ends), jnp.append(ends, ends[-1:])  # nobody in no class
    place = jnp.arange(n, dtype=jnp.int32)

    def nearest(start: Any, size: int) -> tuple[jax.Array, jax.Array]:
        mine, of, me, weight = slices(start, size, x, y, place, w)

        def meet(state: tuple) -> tuple:
            at, best, mass = state
            others, theirs, them, gain = slices(jnp.minimum(at, n - size), size, x, y, place, w)
            met = (theirs[None] == of[:, None]) & (them[None] != me[:, None])
            met = met & (them >= at)[None]
            far = jnp.concatenate([best, jnp.where(met, distance(mine, others), jnp.inf)], 1)
            gain = jnp.concatenate([mass, jnp.where(met, gain[None], 0)], 1)
            closest, which = lax.top_k(-far, k)
            return at + size, -closest, jnp.take_along_axis(gain, which, 1)

        nothing = jnp.broadcast_to(0 * weight[:, None], (size, k))
        state = first[of[0]], nothing + jnp.inf, nothing
        return lax.while_loop(lambda state: state[0] < last[of[-1]], meet, state)[1:]

    back = jnp.argsort(order)
    found = map_tiles(nearest, n, TILE_ELEMENTS // SIDE)
    return found[0][back], found[1][back]
