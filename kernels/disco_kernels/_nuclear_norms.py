"""Nuclear norms of consecutive blocks of rows: the sums of their singular values.

P (n, c) is cut at B pairs of starts and stops. A block of few rows goes through the singular values
of those rows; a longer one is first reduced to a triangle with the same singular values, tile by
tile: R <- qr([R; tile]).

*Few* is twice the mean length, which blocks of like size stay under. Cost, b rows a block: b^2 c
for few, 2 b c^2 + c^3 otherwise; memory one copy of P and a tile. A block without rows has norm 0.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._lapack import singular_values, triangle


def nuclear_norms(p: jax.Array, starts: jax.Array, stops: jax.Array) -> jax.Array:
    """``|P[start:stop]|_*`` of each block, (B,)."""
    n, c = p.shape
    few = min(n, -(-2 * n // starts.shape[0]))
    many = max(few, c)
    padded = jnp.pad(p, ((0, many), (0, 0)))

    def block(start: Any, stop: Any, size: int) -> jax.Array:
        inside = start + jnp.arange(size, dtype=starts.dtype) < stop
        return jnp.where(inside[:, None], lax.dynamic_slice_in_dim(padded, start, size), 0)

    def of_few(start: jax.Array, stop: jax.Array) -> jax.Array:
        return jnp.sum(singular_values(block(start, stop, few)))

    def of_many(start: jax.Array, stop: jax.Array) -> jax.Array:
        def absorb(i: Any, above: jax.Array) -> jax.Array:
            more = block(start + i * many, stop, many)
            return triangle(jnp.concatenate([above, more]))

        first = absorb(0, jnp.zeros((c, c), p.dtype))
        tiles = -(-(stop - start) // many)
        return jnp.sum(singular_values(lax.fori_loop(1, tiles, absorb, first)))

    def of(span: tuple[jax.Array, jax.Array]) -> jax.Array:
        if few >= c:
            return of_many(*span)
        return lax.cond(span[1] - span[0] <= few, of_few, of_many, *span)

    return lax.map(of, (starts, stops))
