"""How alike the linear kernels of two models are, from features of the same samples.

    K_il = (w_i w_l)^1/2 x_i^T x_l,   L_il = (w_i w_l)^1/2 y_i^T y_l,   <K, L> = sum_il K_il L_il

X (n, d) and Y (n, e) centred features of the two models, of any widths. With A = X^T W Y (d, e)

    <K, L> = |A|_F^2
    share of sample i = w_i x_i^T A y_i = sum_l K_il L_il

The shares add up to <K, L>, and twice a share is w_i times the derivative of <K, L> with respect to
w_i, the means included: what the product owes to the sample.

All alignments are ratios of such products: linear CKA is <K, L>/(|K| |L|), and of models whose
kernels are added up, <K_1 + K_2, L> = <K_1, L> + <K_2, L>. K_1 + K_2 is the kernel of the features
side by side.

Cost 2 n d e operations, of a model with itself 1.1 n d min(n, d); shares twice that, or
2 n^2 (d + e) where it is less. Products in float32, their squares added up in float64. Memory d e,
or n^2 where n < d for a model with itself. Degenerate cases. Constant features, or no samples: 0.
Free of rotations and of the means.

Reference: Kornblith et al., Similarity of neural network representations revisited, ICML 2019.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ._checks import check_matrix
from ._gram import column_gram, row_gram
from ._precision import accumulation_dtype, dot, in_double, wide
from ._rows import Rows, centred_rows, map_tiles, shifted_rows, sum_tiles, tile


@jax.jit
def kernel_product(
    features: jax.Array, others: jax.Array | None = None, *, where: jax.Array | None = None
) -> jax.Array:
    """``<K, L>`` of ``features`` (n, d) with ``others`` (n, e), or with themselves."""
    x, y = _checked(features, others)
    n, d = x.shape
    dtype = accumulation_dtype(x.dtype)
    if others is None:
        rows = centred_rows(x, where)
        product = row_gram(rows, dtype) if n < d else column_gram(rows, dtype)
    else:
        narrow, broad = (x, y) if d < y.shape[1] else (y, x)
        product = _cross(centred_rows(narrow, where), shifted_rows(broad, where))
    return in_double(lambda: jnp.sum(product.astype(wide()) ** 2), dtype)


@jax.jit
def kernel_shares(
    features: jax.Array, others: jax.Array | None = None, *, where: jax.Array | None = None
) -> jax.Array:
    """What each sample has of ``<K, L>``, (n,)."""
    x, y = (centred_rows(each, where) for each in _checked(features, others))
    (n, d), e = x.features.shape, y.features.shape[1]
    if n * (d + e) < 2 * d * e:
        every, theirs = tile(x, 0, n)[0], tile(y, 0, n)[0]

        def of(start: Any, size: int) -> jax.Array:
            (mine, w), (own, _) = tile(x, start, size), tile(y, start, size)
            both = dot(mine, every, (1, 1)) * dot(own, theirs, (1, 1))
            return w * dot(both, x.weights[:, None], (1, 0))[:, 0]

        return map_tiles(of, n, n)
    product = _cross(x, y)

    def along(start: Any, size: int) -> jax.Array:
        (mine, w), (own, _) = tile(x, start, size), tile(y, start, size)
        return w * jnp.sum(dot(mine, product, (1, 0)) * own, 1)

    return map_tiles(along, n, d + e)


def _checked(features: jax.Array, others: jax.Array | None) -> tuple[jax.Array, jax.Array]:
    """Both, of the same samples and in one precision."""
    check_matrix("features", features)
    if others is None:
        return features, features
    check_matrix("others", others)
    if others.shape[0] != features.shape[0]:
        raise ValueError(
            f"features and others must be of the same samples, got {features.shape[0]} "
            f"and {others.shape[0]} rows"
        )
    if accumulation_dtype(features.dtype) != accumulation_dtype(others.dtype):
        return features.astype(jnp.float64), others.astype(jnp.float64)
    return features, others


def _cross(x: Rows, y: Rows) -> jax.Array:
    """``X^T W Y``, (d, e): as ``X^T W 1 = 0`` it is enough that one of them is centred."""

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        (mine, w), (own, _) = tile(x, start, size, fresh), tile(y, start, size)
        return dot(mine * w[:, None], own, (0, 0))

    width = max(x.features.shape[1], y.features.shape[1])
    found: jax.Array = sum_tiles(term, x.features.shape[0], width)
    return found
