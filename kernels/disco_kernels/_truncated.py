"""The leading k singular triplets, by block Lanczos on the features or on their Gram matrix.

    krylov   A q = Y^T W (Y q), tile by tile: 4 n d operations a column, nothing of size d^2
    gram     A = Y^T W Y in float32 first (about 1.1 n d^2), then 2 d^2 operations a column

Either way the basis found is put before the features again: ``T = Y V``, whose small Gram matrix
``T^T W T`` in float64 gives singular values and a last rotation, accurate to second order in what
is left of the residual. What the features say that the operator did not (a float32 Gram matrix
knows nothing below 1e-7 of the largest eigenvalue) counts into the error; where that takes a Gram
basis over the bound, the features themselves are iterated on.

Rounds needed to reach the bound, in cycles (first 384, then 224 columns, for k = 128), on
class-structured data of (5000, 2048): one where singular values fall like j^-0.7 or faster,
two like j^-0.5, five or six on flat noise. See ``python -m bench disco``.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._graded import eigenpairs
from ._gram import column_gram, gram
from ._lanczos import (
    BOUND,
    Lanczos,
    Operator,
    lanczos,
    orthonormal,
    sizes,
    start_block,
    truncation_error,
)
from ._precision import dot, in_double, wide
from ._rows import Rows, over_tiles, project, sum_tiles, tile, total_over


class Truncated(NamedTuple):
    """Leading triplets and how they were reached."""

    singular_values: jax.Array  # (k,)
    basis: jax.Array  # (d, k)
    coordinates: jax.Array  # (n, k)
    error: jax.Array  # ()
    columns: jax.Array  # (), products with the operator
    direct: jax.Array  # (), bool: found on the features themselves


def worthwhile(k: int, small: int) -> bool:
    """Whether a truncated solver can beat a full factorisation with ``small`` = min(n, d)."""
    return 2 * small >= 3 * sizes(k).full


def max_cycles(k: int, n: int, d: int) -> int:
    """Cycles on the features that cost as much as a full factorisation (operation counts)."""
    size = sizes(k)
    small = min(n, d)
    full = 2 * n * d * small + 20 * small**3
    cycle = 4 * n * d * (size.full - size.kept) + 12 * size.full**3
    return max(2, full // cycle)


def truncated_triplets(
    rows: Rows, k: int, width: jax.Array | None, *, gram_first: bool, axis_name: str | None
) -> Truncated:
    """The k leading triplets; see the module for the two ways."""
    n, d = rows.features.shape
    start = start_block(d, sizes(k).block, width, rows.weights.dtype)
    start = jnp.where(rows.total > 0, start, 0)  # varies over devices as the model does
    cycles = max_cycles(k, n, d)

    none = jnp.zeros((), jnp.int32)

    def by_features(block: jax.Array, before: jax.Array) -> Truncated:
        found = lanczos(feature_operator(rows, axis_name), block, k, cycles)
        s = jnp.sqrt(jnp.maximum(found.values[:k], 0))
        columns, here = before + found.columns, jnp.array(True)
        return Truncated(s, found.vectors[:, :k], found.images[:, :k], found.error, columns, here)

    if not gram_first:
        return by_features(start, none)
    matrix = column_gram(rows, rows.weights.dtype, axis_name)
    found = lanczos(gram_operator(matrix), start, k, cycles)
    return lax.while_loop(
        lambda last: (last.error > BOUND) & ~last.direct,
        lambda last: by_features(_warm(start, last.basis), last.columns),
        _on_features(rows, found, k, axis_name),
    )


def _warm(start: jax.Array, basis: jax.Array) -> jax.Array:
    """The start block with what it has of the directions already found counted ten times."""
    return start + 9 * dot(basis, dot(basis, start, (0, 0)), (1, 0))


def feature_operator(rows: Rows, axis_name: str | None) -> Operator:
    """``Y^T W Y``; the image of a block is its projection ``Y Q``."""
    n, d = rows.features.shape

    def apply(q: jax.Array) -> tuple[jax.Array, jax.Array]:
        def block(start: Any, fresh: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
            y, w = tile(rows, start, size, fresh)
            t = dot(y, q, (1, 0))
            return dot(t * w[:, None], y, (0, 0)), t

        product, image = over_tiles(block, n, d)
        return total_over(product, axis_name).T, image

    def reduce(basis: jax.Array, images: jax.Array, turn: jax.Array | None) -> jax.Array:
        return weighted_gram(images, rows.weights, axis_name, turn)

    return Operator(apply, reduce, rows.weights[:, None] * 0)


def gram_operator(matrix: jax.Array) -> Operator:
    """The Gram matrix itself; the image of a block is the product."""

    def apply(q: jax.Array) -> tuple[jax.Array, jax.Array]:
        product = dot(matrix, q, (1, 0))
        return product, product

    def reduce(basis: jax.Array, images: jax.Array, turn: jax.Array | None) -> jax.Array:
        left, right = (
            x.astype(wide()) if turn is None else dot(x.astype(wide()), turn, (1, 0))
            for x in (basis, images)
        )
        h = dot(left, right, (0, 0))
        return (h + h.T) / 2

    return Operator(apply, reduce, matrix[:, :1] * 0)


def weighted_gram(
    t: jax.Array, w: jax.Array, axis_name: str | None, turn: jax.Array | None = None
) -> jax.Array:
    """``T^T W T`` in the wider dtype, or of ``T turn``; called ``in_double``."""

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        part = jnp.where(fresh, lax.dynamic_slice_in_dim(w, start, size), 0)
        rows = lax.dynamic_slice_in_dim(t, start, size) * jnp.sqrt(part)[:, None]
        rows = rows.astype(wide())
        return gram(rows if turn is None else dot(rows, turn, (1, 0)))

    return total_over(sum_tiles(term, *t.shape), axis_name)


def _on_features(rows: Rows, found: Lanczos, k: int, axis_name: str | None) -> Truncated:
    """Rayleigh-Ritz on the features of what was found on their Gram matrix; what they add."""
    d = rows.features.shape[1]
    basis = orthonormal(found.vectors[:, :k])[0]
    coordinates = project(rows, basis)
    measure = partial(weighted_gram, coordinates, rows.weights, axis_name)

    def ritz() -> tuple[jax.Array, jax.Array, jax.Array]:
        seen = measure(None)
        missed = seen - jnp.diag(found.values[:k].astype(wide()))
        pairs = eigenpairs(lambda turn: seen if turn is None else measure(turn))
        return *pairs, jnp.linalg.norm(missed, axis=0) * (d / k) ** 0.5

    squares, rotation, noise = in_double(ritz, rows.weights.dtype)
    return Truncated(
        jnp.sqrt(squares),
        dot(basis, rotation, (1, 0)),
        dot(coordinates, rotation, (1, 0)),
        truncation_error(jnp.concatenate([squares, found.values[k:]]), found.residuals, noise),
        found.columns,
        jnp.array(False),
    )
