"""The gradient through a centred singular value decomposition.

With y_i the centred rows, M = sum_i w_i y_i y_i^T = V diag(lambda) V^T and T = Y V, a change of the
features moves

    d v_i = sum_j v_j (v_j^T dM v_i) / (lambda_i - lambda_j),    d s_i = v_i^T dM v_i / (2 s_i).

A score that treats the components of a group alike (distances within a group's coordinates, sums of
its singular values) does not move when a group's basis is rotated, so pairs i, j of the same group
contribute nothing and are left out. What remains divides only by gaps *between* groups: ties inside
a group, where the textbook rule divides by zero, are harmless. Exact ties across groups contribute
zero. For the bare spectrum every component is a group of its own.

With Vbar = dL/dV + Y^T dL/dT, C_ji = (v_j^T Vbar_i)/(lambda_i - lambda_j), C_ii = dL/ds_i/(2 s_i)
and A = V C (for n < d also the part of Vbar outside the row space, over lambda_i),

    dL/dy_i = dL/dt_i V^T + w_i ((y_i A) V^T + (y_i V) A^T),    dL/dw_i = (y_i A)(y_i V)^T + mean's,

tile by tile, in float64, with a full factorisation of its own (m^2 numbers, cost of the full
method), aligned to the basis that the forward pass returned. Forward-mode differentiation is not
defined.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ._exact import from_gram
from ._graded import null
from ._precision import cast, dot, in_double, wide
from ._rows import Rows, map_tiles, sum_tiles, tile, total_over, weighted_sum


def pull_back(
    rows: Rows,
    basis: jax.Array,
    alike: jax.Array,
    cotangents: tuple[jax.Array, jax.Array, jax.Array, jax.Array],
    axis_name: str | None,
) -> tuple[jax.Array, jax.Array]:
    """Cotangents of the features (n, d) and weights (n,).

    ``basis`` (d, k) is the forward pass's; ``alike`` (m,) labels each of the m = min(n, d)
    components, equal in a group; ``cotangents`` are those of s (k,), V (d, k), T (n, k), mu (d,).
    """
    n, d = rows.features.shape

    def cotangent() -> tuple[jax.Array, jax.Array]:
        s_bar, v_bar, t_bar, mean_bar = cast(cotangents, wide())
        centred = _centred_again(rows, axis_name)
        k = basis.shape[1]
        s, v = from_gram(centred, alike.shape[0], axis_name)
        lead = v[:, :k]
        turn = dot(basis.astype(wide()), lead, (0, 0))
        t_bar = jnp.where(centred.weights[:, None] > 0, dot(t_bar, turn, (1, 0)), 0)
        v_bar = dot(v_bar, turn, (1, 0)) + total_over(_transposed(centred, t_bar), axis_name)
        a = _directions(s, v, v_bar, s_bar, alike)
        if n < d and axis_name is None:
            outside = v_bar - dot(v, dot(v, v_bar, (0, 0)), (1, 0))
            alive = s[:k] > null() * s[0]
            a = a + jnp.where(alive[None], outside / jnp.where(alive, s[:k], 1)[None] ** 2, 0)
        shift = mean_bar - dot(total_over(jnp.sum(t_bar, 0), axis_name)[None], lead, (1, 1))[0]
        shift = shift / jnp.maximum(centred.total, jnp.finfo(wide()).tiny)

        def block(start: Any, size: int) -> jax.Array:
            y, w = tile(centred, start, size)
            ya, yv = dot(y, a, (1, 0)), dot(y, lead, (1, 0))
            t = jax.lax.dynamic_slice_in_dim(t_bar, start, size)
            y_bar = dot(t + w[:, None] * ya, lead, (1, 1)) + dot(w[:, None] * yv, a, (1, 1))
            w_bar = jnp.sum(ya * yv, 1) + dot(y, shift[:, None], (1, 0))[:, 0]
            x_bar = y_bar + w[:, None] * shift[None]
            return jnp.concatenate([x_bar, w_bar[:, None]], 1).astype(rows.weights.dtype)

        both = map_tiles(block, n, d)
        return both[:, :d], both[:, d]

    return in_double(cotangent, rows.weights.dtype)


def _centred_again(rows: Rows, axis_name: str | None) -> Rows:
    """Rows centred in double: in float32 they add up to rounding, times A, which may be large."""
    narrow = rows.weights, rows.shift, rows.offset, rows.total
    weights, shift, offset, total = cast(narrow, wide())
    rows = rows._replace(weights=weights, shift=shift, offset=offset, total=total)
    left = total_over(sum_tiles(partial(weighted_sum, rows), *rows.features.shape), axis_name)
    return rows._replace(offset=offset + left / jnp.maximum(total, jnp.finfo(wide()).tiny))


def _transposed(rows: Rows, t: jax.Array) -> jax.Array:
    """``sum_i y_i^T t_i``, (d, k)."""

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        y, _ = tile(rows, start, size)
        part = jnp.where(fresh[:, None], jax.lax.dynamic_slice_in_dim(t, start, size), 0)
        return dot(y, part, (0, 0))

    return sum_tiles(term, *rows.features.shape)


def _directions(
    s: jax.Array, v: jax.Array, v_bar: jax.Array, s_bar: jax.Array, alike: jax.Array
) -> jax.Array:
    """``A = V C``, (d, k)."""
    k = s_bar.shape[0]
    gap = s[None, :k] ** 2 - s[:, None] ** 2
    apart = (alike[:, None] != alike[None, :k]) & (jnp.abs(gap) > (null() * s[0]) ** 2)
    c = jnp.where(apart, dot(v, v_bar, (0, 0)) / jnp.where(apart, gap, 1), 0)
    alive = s[:k] > null() * s[0]
    on = jnp.where(alive, s_bar / (2 * jnp.where(alive, s[:k], 1)), 0)
    return dot(v, c, (1, 0)) + v[:, :k] * on[None]
