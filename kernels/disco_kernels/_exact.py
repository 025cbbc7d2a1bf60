"""All singular triplets of the centred features, exact to the rounding of their dtype.

float32 (and narrower) features: the Gram matrix of the smaller side and its eigendecomposition,
both in float64. Singular values are then within about 3e-8 of the largest, where float32 LAPACK
misses by 1.2e-6 on flat noise and a float32 Gram matrix by up to 6e-4. float64 features have
nothing wider to accumulate in and go through LAPACK's singular value decomposition of a centred
copy.

Cost, with m = min(n, d) and M = max(n, d): 1.1 m^2 M operations for the Gram matrix in float64,
about 10 m^3 for its eigenpairs, 2 n d k to project; m^2 numbers in float64 besides the result.

Rows that are split over devices always use the columns' Gram matrix, the only one that adds up.
"""

import jax
import jax.numpy as jnp

from ._gram import column_gram, row_gram, weighted_columns
from ._lapack import eigh, svd
from ._precision import dot
from ._rows import Rows


def exact_basis(rows: Rows, k: int, axis_name: str | None = None) -> tuple[jax.Array, jax.Array]:
    """The k leading singular values (k,) and right singular vectors (d, k), in the rows' dtype."""
    d = rows.features.shape[1]
    dtype = rows.weights.dtype
    if dtype == jnp.float64 and axis_name is None:
        _, s, vt = svd(weighted_columns(rows, 0, d))
        return s[:k], vt[:k].T
    with jax.enable_x64(True):
        s, basis = exact_in_double(rows, k, axis_name)
        return s.astype(dtype), basis.astype(dtype)


def exact_in_double(rows: Rows, k: int, axis_name: str | None) -> tuple[jax.Array, jax.Array]:
    """``exact_basis`` from a float64 Gram matrix, in float64; inside a region that has float64."""
    n, d = rows.features.shape
    if n < d and axis_name is None:
        s, left = _descending(row_gram(rows, jnp.float64), k)
        return s, _from_left(rows, left, s)
    return _descending(column_gram(rows, jnp.float64, axis_name), k)


def _descending(gram: jax.Array, k: int) -> tuple[jax.Array, jax.Array]:
    squares, vectors = eigh(gram)
    return jnp.sqrt(jnp.maximum(squares[::-1][:k], 0)), vectors[:, ::-1][:, :k]


def _from_left(rows: Rows, left: jax.Array, s: jax.Array) -> jax.Array:
    """Right vectors ``Y^T W^1/2 u_j / s_j``; zero where s_j is rounding."""
    n, d = rows.features.shape
    blocks = []
    for start in range(0, d, max(1, 2**20 // n)):
        size = min(max(1, 2**20 // n), d - start)
        blocks.append(dot(weighted_columns(rows, start, size).astype(left.dtype), left, (0, 0)))
    alive = s > 1e-7 * s[0]
    return jnp.where(alive[None], jnp.concatenate(blocks) / jnp.where(alive, s, 1)[None], 0)
