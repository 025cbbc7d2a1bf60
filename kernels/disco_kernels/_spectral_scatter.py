"""The inverse of a shrunk scatter within classes, in the coordinates of a full spectrum.

    S = p W + r I,   W = sum_i w_i v_i v_i^T = D - B^T B,   D = diag(W) + diag(B^T B)
    S^-1 = A^-1 + p H^T K^-1 H,   A = p D + r                                       (Woodbury)
    p B A^-1 B^T = Q diag(y) Q^T,   H = Q^T B A^-1,   K = I - diag(y)

v_i (k,) coordinates less their class mean, B (C, k) class means times sqrt(n_c). There the scatter
of all rows is diagonal, so W is known from its diagonal and the class means: neither W is formed
nor a matrix of its size factored. It takes that every row of positive weight is in a class.

Where classes are nearly points, y is nearly 1 and no digit of K is left. But K = (K - K^2) + K^2,

    K = p H S H^T + diag(1 - y)^2,   H S H^T = p sum_i w_i (H v_i)(H v_i)^T + r H H^T

in which the first term is measured, and the error of the second one is squared.

Cost 2 n k C + 1.1 n C^2 + 6 k C^2 + 10 C^3, in float64; to form W takes 1.1 n k^2 and to factor S
k^3/3.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ._class_scatter import Classes, Read
from ._gram import gram
from ._lapack import eigh, inverse_cholesky
from ._precision import dot
from ._rows import sum_tiles


class Root(NamedTuple):
    """``S^-1 = diag(scales)^2 + directions^T directions``."""

    scales: jax.Array  # (k,)
    directions: jax.Array  # (C, k)

    def lengths(self, x: jax.Array) -> jax.Array:
        """``x_i^T S^-1 x_i`` of rows ``x`` (., k)."""
        along = dot(x, self.directions, (1, 1))
        return jnp.sum((x * self.scales[None]) ** 2, 1) + jnp.sum(along * along, 1)

    def solve(self, x: jax.Array) -> jax.Array:
        """Rows ``x_i^T S^-1`` of rows ``x`` (., k)."""
        along = dot(x, self.directions, (1, 1))
        return x * self.scales[None] ** 2 + dot(along, self.directions, (1, 0))


def between(classes: Classes) -> jax.Array:
    """B, (C, k)."""
    return jnp.sqrt(classes.counts)[:, None] * classes.means


def inverse_root(
    read: Read,
    classes: Classes,
    variances: jax.Array,
    scale: jax.Array | float,
    ridge: jax.Array,
    flat: jax.Array,
) -> Root:
    """The inverse of ``scale W + ridge I``, of I where ``flat``; ``variances`` is diag(W), (k,)."""
    b = between(classes)
    a = jnp.where(flat, 1, scale * (variances + jnp.sum(b * b, 0)) + ridge)
    y, q = eigh(scale * dot(b / a[None], b, (1, 1)))
    h = dot(q, b / a[None], (0, 0))

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        own, w = classes.tile(start, size)
        along = dot(read(start, size) - classes.means[own], h, (1, 1))
        return gram(along * jnp.sqrt(jnp.where(fresh, w, 0))[:, None])

    measured = scale * sum_tiles(term, classes.labels.shape[0], a.shape[0])
    k = scale * (measured + ridge * dot(h, h, (1, 1))) + jnp.diag((1 - y) ** 2)
    directions = jnp.sqrt(scale) * dot(inverse_cholesky(k)[1], h, (1, 0))
    return Root(1 / jnp.sqrt(a), jnp.where(flat, 0, directions))
