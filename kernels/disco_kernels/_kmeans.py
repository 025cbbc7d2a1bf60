"""k-means with a start that is drawn by no random number.

    minimise sum_i w_i |z_i - m_{c(i)}|^2 over the centres m_1..m_K and the assignment c

Start: k-means++ with the fractional parts of t (sqrt(5) - 1)/2, t = 1, 2, ..., in the place of
random numbers, the rows standing in the order of their first column. The first centre is drawn by
weight, each further one by weight times squared distance to the nearest centre so far. So the order
of the rows does not matter, nor do rows of weight 0 or zero columns. Lloyd's rounds follow until no
row moves, at most 50. A row goes to the first of equally near centres; a centre that nobody chooses
stays where it is.

z (n, m) rows, K of ``most`` centres in use (K may be traced). Cost n K m a draw and a round, memory
n K. Equal rows: all in cluster 0.

References: Arthur & Vassilvitskii, SODA 2007; Lloyd 1982.
"""

import jax
import jax.numpy as jnp
from jax import lax

from ._largest import largest
from ._pairwise import closeness
from ._precision import dot

ROUNDS = 50
GOLDEN = (5**0.5 - 1) / 2


def kmeans(rows: jax.Array, weights: jax.Array, clusters: jax.Array, most: int) -> jax.Array:
    """The cluster of each row, (n,) int32."""
    each = jnp.arange(most, dtype=jnp.int32)

    def nearest(centres: jax.Array) -> jax.Array:
        near = closeness(rows, centres, jnp.sum(centres * centres, 1))
        return largest(jnp.where((each < clusters)[None], near, -jnp.inf))

    def means(state: tuple) -> tuple:
        count, centres, cluster, _ = state
        member = (cluster[:, None] == each[None]).astype(rows.dtype)
        member = member * weights[:, None]
        mass = jnp.sum(member, 0)[:, None]
        moved = dot(member, rows, (0, 0)) / jnp.where(mass > 0, mass, 1)
        centres = jnp.where(mass > 0, moved, centres)
        again = nearest(centres)
        return count + 1, centres, again, jnp.any((again != cluster) & (weights > 0))

    centres = _start(rows, weights, most)
    state = jnp.zeros((), jnp.int32), centres, nearest(centres), jnp.any(weights > 0)
    return lax.while_loop(lambda state: (state[0] < ROUNDS) & state[3], means, state)[2]


def _start(rows: jax.Array, weights: jax.Array, most: int) -> jax.Array:
    """Centres (most, m) among the rows; the first K are the same whatever ``most`` is."""
    order = jnp.argsort(rows[:, 0])
    rows, weights = rows[order], weights[order]
    last = rows.shape[0] - 1

    def draw(t: jax.Array, state: tuple) -> tuple:
        centres, distance = state
        height = jnp.cumsum(weights * distance)
        level = jnp.mod((t + 1).astype(rows.dtype) * GOLDEN, 1)
        place = jnp.minimum(jnp.sum(height <= level * height[-1], dtype=jnp.int32), last)
        centres = centres.at[t].set(rows[place])
        away = jnp.sum((rows - rows[place][None]) ** 2, 1)
        return centres, jnp.where(t == 0, away, jnp.minimum(distance, away))

    centres = jnp.broadcast_to(0 * rows[:1], (most, rows.shape[1]))
    return lax.fori_loop(0, most, draw, (centres, jnp.ones_like(weights)))[0]
