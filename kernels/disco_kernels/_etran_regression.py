"""The regression term of ETran: the residual of a least-squares fit without an intercept.

    score = -mean over samples and targets of (t - U U^T t)^2,    X = U S V^T uncentred

X (n, d) features, t (n, T) targets. The spectrum is centred, Xc = Y: with its U, S, V, and
g = S^-1 V^T mu, the column space of X = Y + 1 mu^T is that of U + 1 g^T. Beside the residual of the
centred fit there is then one more direction that X does not reach, h = 1 - n U g:

    |t - fit|^2 = |tc - U U^T tc|^2 + n (mean t - g^T U^T tc)^2/(1 + n |g|^2),    tc = t - mean t

The second term is gone where mu leaves the row space of Y, as it does for n <= d: X then fits a
constant. Its singular value, sqrt(n) |mu outside|/sqrt(1 + n |g|^2), has to exceed
max(n, d) eps times the largest one, as those of the spectrum have.

Cost 4 n k T in float64. Needs all triplets of the spectrum.
Degenerate cases. Constant features fit a constant (all 0: nothing). No samples: 0. **Is 0 once
n <= d**. Higher is better; free of the scale of the features, in squared units of the targets.

Reference: Gholami et al., ETran: energy-based transferability estimation, ICCV 2023.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_targets
from ._class_scatter import reader
from ._precision import dot, in_double, wide
from ._rows import sample_weights, sum_tiles
from ._spectrum import Spectrum


@jax.jit
def etran_regression(
    spectrum: Spectrum,
    targets: jax.Array,
    *,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> jax.Array:
    """Minus the mean squared residual of ``targets`` (n,) or (n, T) on the uncentred features."""
    rows = spectrum.coordinates
    n, k = rows.shape
    targets = check_targets(targets, n)
    weights = sample_weights(where, rows)

    def score() -> jax.Array:
        w = weights.astype(wide())[:, None]
        t = jnp.where(w > 0, targets.astype(wide()), 0)
        total = jnp.maximum(jnp.sum(w), jnp.finfo(w.dtype).tiny)
        mean = jnp.sum(w * t, 0) / total
        t = jnp.where(w > 0, t - mean[None], 0)
        alive = jnp.arange(k, dtype=jnp.int32) < spectrum.rank
        s = jnp.where(alive, spectrum.singular_values.astype(wide()), jnp.inf)
        read = reader(rows)

        def loadings(start: Any, fresh: jax.Array, size: int) -> jax.Array:
            part = jnp.where(fresh[:, None], lax.dynamic_slice_in_dim(w * t, start, size), 0)
            return dot(read(start, size), part, (0, 0))

        slopes = sum_tiles(loadings, n, k) / (s * s)[:, None]

        def squares(start: Any, fresh: jax.Array, size: int) -> jax.Array:
            part = lax.dynamic_slice_in_dim(w, start, size)
            left = lax.dynamic_slice_in_dim(t, start, size) - dot(read(start, size), slopes, (1, 0))
            return jnp.sum(jnp.where(fresh[:, None], part, 0) * left * left)

        m, outside = _split(spectrum.mean, spectrum.basis, alive)
        across = 1 + total * jnp.sum((m / s) ** 2)
        missed = total * jnp.sum((mean - dot(m[None], slopes, (1, 0))[0]) ** 2) / across
        d = jnp.asarray(spectrum.basis.shape[0] if width is None else width, wide())
        cut = jnp.maximum(total, d) * float(jnp.finfo(rows.dtype).eps)
        largest = jnp.where(alive[0], s[0], 0) ** 2 + total * (jnp.sum(m * m) + outside)
        reached = total * outside / across > cut * cut * largest
        error = sum_tiles(squares, n, k) + jnp.where(reached, 0, missed)
        return -error / (total * t.shape[1])

    return in_double(score, rows.dtype)


def _split(mean: jax.Array, basis: jax.Array, alive: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The mean along the components (k,), and the squared length of what lies outside of them."""
    mean, basis = mean.astype(wide()), jnp.where(alive[None], basis, 0).astype(wide())
    along = dot(mean[None], basis, (1, 0))[0]
    rest = mean - dot(basis, along[:, None], (1, 0))[:, 0]
    return along, jnp.sum(rest * rest)
