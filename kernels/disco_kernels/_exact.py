"""All singular triplets of the centred features, exact to the rounding of their dtype.

float32 (and narrower) features: the Gram matrix of the smaller side and its eigendecomposition,
both in float64. Singular values are then within about 3e-8 of the largest, where float32 LAPACK
misses by 1.2e-6 on flat noise and a float32 Gram matrix by up to 6e-4. Where there is no float64
the rows are asked twice, see ``_graded``: within 2e-7. float64 features have nothing wider to
accumulate in and go through LAPACK's singular value decomposition of a centred copy.

Cost, with m = min(n, d) and M = max(n, d): 1.1 m^2 M operations for the Gram matrix in float64,
about 10 m^3 for its eigenpairs, 2 n d k to project; m^2 numbers in float64 besides the result.

Rows that are split over devices always use the columns' Gram matrix, the only one that adds up.
"""

from functools import partial

import jax
import jax.numpy as jnp

from ._graded import eigenpairs, null
from ._gram import column_gram, row_gram, weighted_columns
from ._lanczos import cholesky_qr
from ._lapack import svd
from ._precision import dot, in_double, wide
from ._rows import Rows


def exact_basis(rows: Rows, k: int, axis_name: str | None = None) -> tuple[jax.Array, jax.Array]:
    """The k leading singular values (k,) and right singular vectors (d, k), in the rows' dtype."""
    d = rows.features.shape[1]
    dtype = rows.weights.dtype
    if dtype == jnp.float64 and axis_name is None:
        _, s, vt = svd(weighted_columns(rows, 0, d))
        return s[:k], vt[:k].T
    return in_double(lambda: from_gram(rows, k, axis_name), dtype)


def from_gram(rows: Rows, k: int, axis_name: str | None) -> tuple[jax.Array, jax.Array]:
    """``exact_basis`` by way of a Gram matrix; called ``in_double``."""
    n, d = rows.features.shape
    if n < d and axis_name is None:
        squares, left = eigenpairs(partial(row_gram, rows, wide()))
        s = jnp.sqrt(squares[:k])
        return s, _from_left(rows, left[:, :k], s)
    squares, basis = eigenpairs(partial(column_gram, rows, wide(), axis_name))
    return jnp.sqrt(squares[:k]), basis[:, :k]


def _from_left(rows: Rows, left: jax.Array, s: jax.Array) -> jax.Array:
    """Right vectors ``Y^T W^1/2 u_j / s_j``; zero where s_j is rounding.

    In float32 the small ones lean towards the large ones by eps s_1/s_j, and are straightened.
    """
    n, d = rows.features.shape
    blocks = []
    for start in range(0, d, max(1, 2**20 // n)):
        size = min(max(1, 2**20 // n), d - start)
        blocks.append(dot(weighted_columns(rows, start, size).astype(left.dtype), left, (0, 0)))
    alive = s > null() * s[0]
    basis = jnp.where(alive[None], jnp.concatenate(blocks) / jnp.where(alive, s, 1)[None], 0)
    return basis if wide() == jnp.float64 else cholesky_qr(basis)[0]
