"""TransRate: the coding rate of all features less that of the classes.

    R(A) = 1/2 ln det(I + A^T A/(m eps)),    A of m rows, eps = 1e-4
    TransRate = R(Z) - sum_c w_c R(Z_c)

Z (n, d) features centred once, Z_c its rows of class c, not centred again; w_c = n_c/n (the paper),
or 1/C over the classes that are present (``weights="uniform"``, as in common ports).
``compat="authors"`` divides Z by sqrt(tr(Z^T Z)/n) and the result by rank(Z), as the authors'
scripts do: free of scale.

In the basis of the spectrum R(Z) = 1/2 sum_j ln(1 + s_j^2/(n eps)). A class takes the smaller of
its two Gram matrices, over its rows (n_c < k) or over the k = min(n, d) columns, in float64. Sizes
must be static, so its rows are filled up to the next power of two; one class at a time.

Cost about 2 n_c^2 k + n_c^3/3 for each class of n_c < k (up to four times that by the filling),
else 1.1 n_c k^2 + k^3/3: a fifth to a third of a full spectrum. Memory k^2. Needs all triplets.
Where the *labels* (or weights) are vmapped every class pays for all sizes: scan over them instead.

Degenerate cases. Constant features, one class: 0 to rounding. A class without samples changes
nothing. Features so large that n eps is lost in the rounding of their squares stay finite. Higher
is better; depends on the scale of the features unless ``compat="authors"``.

Reference: Huang et al., Frustratingly easy transferability estimation, ICML 2022.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_choice, check_labels
from ._class_sums import class_sums
from ._gram import gram
from ._lapack import cholesky
from ._precision import dot, in_double, wide
from ._rows import sample_weights
from ._spectrum import Spectrum

EPS = 1e-4
SMALLEST, TILE = 32, 512  # rows of the smallest Gram matrix, and added at once to a columns' one


@partial(jax.jit, static_argnames=("num_classes", "weights", "compat"))
def transrate(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    weights: str = "paper",
    compat: str = "exact",
) -> jax.Array:
    """TransRate of the spectrum's features for integer ``labels`` (n,)."""
    rows = spectrum.coordinates
    check_labels(labels, rows.shape[0], num_classes)
    check_choice("weights", weights, ("paper", "uniform"))
    check_choice("compat", compat, ("exact", "authors"))
    w = sample_weights(where, rows)

    def score() -> jax.Array:
        squares, tiny = spectrum.singular_values.astype(wide()) ** 2, jnp.finfo(wide()).tiny
        total = jnp.maximum(jnp.sum(w.astype(wide())), tiny)
        variance = jnp.sum(squares) / total
        eps = EPS * jnp.where(variance > 0, variance, 1) if compat == "authors" else EPS
        whole = jnp.sum(jnp.log1p(squares / (total * eps))) / 2
        counts, parts = _class_rates(rows, w, labels, eps, num_classes)
        mass = counts if weights == "paper" else (counts > 0).astype(wide())
        share = mass / jnp.maximum(jnp.sum(mass), tiny)
        gain = whole - jnp.sum(share * parts)
        if compat == "authors":
            gain = gain / jnp.maximum(spectrum.rank, 1).astype(wide())
        return gain

    return in_double(score, rows.dtype)


def _class_rates(
    rows: jax.Array, weights: jax.Array, labels: jax.Array, eps: jax.Array | float, num_classes: int
) -> tuple[jax.Array, jax.Array]:
    """Weights n_c (C,) and rates R(Z_c) (C,) of the classes."""
    n, k = rows.shape
    known = (weights > 0) & (labels >= 0) & (labels < num_classes)
    labels = jnp.where(known, labels, num_classes).astype(jnp.int32)
    order = jnp.argsort(labels)
    edges = jnp.searchsorted(labels[order], jnp.arange(num_classes + 1, dtype=jnp.int32))
    edges = edges.astype(jnp.int32)
    counts = class_sums(weights, labels, num_classes).astype(wide())

    def members(start: jax.Array, stop: jax.Array, scale: jax.Array, size: int) -> jax.Array:
        """``size`` rows of Z_c/sqrt(n_c eps) from ``start`` on, zeros from ``stop`` on."""
        place = start + jnp.arange(size, dtype=jnp.int32)
        index = order[jnp.minimum(place, n - 1)]
        w = jnp.where(place < stop, weights[index], 0)
        return rows[index].astype(wide()) * jnp.sqrt(w.astype(wide()) * scale)[:, None]

    def over_rows(size: int, start: jax.Array, stop: jax.Array, scale: jax.Array) -> jax.Array:
        z = members(start, stop, scale, size)
        return _half_log_determinant(dot(z, z, (1, 1)))

    def over_columns(start: jax.Array, stop: jax.Array, scale: jax.Array) -> jax.Array:
        def add(i: jax.Array, total: jax.Array) -> jax.Array:
            return total + gram(members(start + i * TILE, stop, scale, TILE))

        tiles = (stop - start + TILE - 1) // TILE
        empty = jnp.zeros((k, k), wide())
        return _half_log_determinant(lax.fori_loop(0, tiles, add, empty))

    sizes = [SMALLEST * 2**i for i in range(k.bit_length()) if SMALLEST * 2**i < k]
    forms: list[Callable[..., jax.Array]] = [partial(over_rows, size) for size in sizes]
    forms.append(over_columns)

    def rate(place: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        start, stop, count = place
        form = sum((stop - start > size).astype(jnp.int32) for size in sizes)
        scale = 1 / jnp.where(count > 0, count * eps, 1)
        return lax.switch(form, forms, start, stop, scale)

    return counts, lax.map(rate, (edges[:-1], edges[1:], counts))


def _half_log_determinant(gram: jax.Array) -> jax.Array:
    """``1/2 ln det(I + gram)``, the unit raised to the rounding of a very large ``gram``."""
    unit = jnp.maximum(1, 2 * jnp.finfo(gram.dtype).eps * jnp.trace(gram))
    eye = jnp.eye(gram.shape[0], dtype=gram.dtype)
    lower = cholesky(gram + unit * eye)
    return jnp.sum(jnp.log(jnp.diagonal(lower)))
