"""Models and tasks as a few non-negative factors, as Fennec's transfer space (arXiv 2403.06382).

    accuracy of model m on task t ~ u_m . v_t      u (m, k) >= 0, v (t, k) >= 0

with k at most 5 and half of the tasks, as more would be the table itself. Found by Lee and Seung's
updates over the known cells, in float32. A new task has the mean of the past tasks' vectors.
"""

import jax
import numpy as np

FACTORS, ROUNDS = 5, 500
TINY = 1e-9


def factorised(values: np.ndarray, factors: int = FACTORS) -> tuple[np.ndarray, np.ndarray]:
    """(u, v) of values (m, t) with holes; what is below zero counts as zero."""
    known = ~np.isnan(values)
    filled = np.where(known, np.maximum(values, 0), 0).astype(np.float32)
    k = max(min(factors, values.shape[0], values.shape[1] // 2), 1)
    scale = np.float32(np.sqrt(filled.sum() / known.sum() / k))
    u, v = (scale * start(size, k) for size in values.shape)
    return jax.device_get(_updated(filled, known.astype(np.float32), u, v))


def start(rows: int, k: int) -> np.ndarray:
    """Numbers from 0.5 to 1.5, the same ones every time and no two columns alike."""
    places = np.arange(1, rows + 1)[:, None] * np.arange(1, k + 1)
    return (0.5 + places * 0.6180339887 % 1).astype(np.float32)


@jax.jit
def _updated(values: jax.Array, known: jax.Array, u: jax.Array, v: jax.Array) -> tuple:
    def better(of: jax.Array, other: jax.Array, values: jax.Array, known: jax.Array) -> jax.Array:
        return of * (values @ other) / ((known * (of @ other.T)) @ other + TINY)

    def update(_: int, both: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        u, v = both
        u = better(u, v, values, known)
        return u, better(v, u, values.T, known.T)

    return jax.lax.fori_loop(0, ROUNDS, update, (u, v))
