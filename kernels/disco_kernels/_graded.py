"""Eigenpairs of a Gram matrix that the data can be asked about again.

    M(Q) = Q^T A Q,    A = Y^T W Y;    wanted: A V = V diag(lambda)

``measure(Q)`` forms M from the rows ``Y Q``, not from A; ``measure(None)`` is A itself.

In float64 the eigenpairs of A are the answer: they are right down to 1e-16 of the largest
eigenvalue, 1e-8 of the largest singular value. In float32, where there is nothing wider, they show
nothing below 1e-7 of the largest eigenvalue. But they are orthonormal, so in ``Y V`` the large
directions are turned out of the small ones, and M(V) has the small numbers that A had lost. Its
block below ``TAIL`` of the largest is diagonalised once more, and singular values come out within
1e-7 of the largest.

Cost 10 m^3 for m directions; in float32 twice that and one more measurement.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from ._lapack import eigh
from ._precision import dot, wide

TAIL = 1e-3  # of the largest eigenvalue
Measure = Callable[[jax.Array | None], jax.Array]


def eigenpairs(measure: Measure) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues (m,), descending and not negative, and eigenvectors (m, m)."""
    squares, vectors = eigh(measure(None))
    if wide() == jnp.float32:
        squares, turn = _tail_turned(measure(vectors))
        order = jnp.argsort(squares)
        squares, vectors = squares[order], dot(vectors, turn[:, order], (1, 0))
    return jnp.maximum(squares[::-1], 0), vectors[:, ::-1]


def null() -> float:
    """Of the largest singular value: what is below cannot be told from zero."""
    return 1e-7 if wide() == jnp.float64 else 1e-6


def _tail_turned(seen: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues and eigenvectors, in no order, of a matrix nearly diagonal but for its tail.

    The tail is scaled to its largest entry; all large directions share the eigenvalue -1 beside it,
    and leave the decomposition as they came.
    """
    diagonal = jnp.diagonal(seen)
    small = diagonal < TAIL * jnp.max(diagonal)
    unit = jnp.max(jnp.where(small, diagonal, 0))
    unit = jnp.where(unit > 0, unit, 1)
    tail = jnp.where(small[:, None] & small[None], seen / unit, 0)
    values, vectors = eigh(tail - jnp.diag(jnp.where(small, 0, 1).astype(seen.dtype)))
    large = jnp.sum(~small, dtype=jnp.int32)
    place = jnp.arange(diagonal.shape[0], dtype=jnp.int32)
    own, stays = jnp.argsort(small, stable=True), place < large
    alone = (own[None] == place[:, None]).astype(seen.dtype)
    turn = jnp.where(stays[None], alone, jnp.where(small[:, None], vectors, 0))
    return jnp.where(stays, diagonal[own], unit * values), turn
