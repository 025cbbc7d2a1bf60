"""Leave-one-out of ridge regressions on leading components, exact and without refitting.

    minimise sum_{l != i} |y_l - b - W^T t_l|^2 + lam |W|^2   for every sample i, then predict y_i

t_l (m,) the leading coordinates of sample l in the spectrum X - 1 mu^T = U S V^T of all samples, Yc
the targets less their mean:

    error e_i = (Yc - U diag(f) U^T Yc)_i/(1 - h_i),    h_i = 1/n + sum_j f_j U_ij^2
    f_j = s_j^2/(s_j^2 + lam) for the m components of the fit, 0 for all others

Many fits cost little more than one: each is a column of f. The intercept is not penalised. An
integer weight is a repeated sample of which one copy is left out (less than one: all of it).

Where the rank is one less than the samples, U and the constant span everything: Yc = U U^T Yc and
1 = 1/n + sum U_ij^2. Then f - 1 takes the place of f, so that nothing cancels where lam is small.

Reference: Allen, Technometrics 1974 (PRESS); Golub, Heath and Wahba, Technometrics 1979.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._precision import dot
from ._rows import centred_targets, sum_tiles, total_over
from ._spectrum import Spectrum

Gain = Callable[[jax.Array, jax.Array, int], jax.Array]


def sum_left_out(
    spectrum: Spectrum,
    targets: jax.Array,
    weights: jax.Array,
    penalties: Any,
    gain: Gain,
    *,
    taken: jax.Array | None = None,
    axis_name: str | None = None,
) -> jax.Array:
    """``sum_i w_i gain(e_i)`` for every fit, (L,).

    ``penalties`` (L,) are lam, of the largest squared singular value; ``taken`` (k, L) the
    components of each fit, all by default. ``gain`` sees the errors (size, L, t) of one tile.
    """
    error_of = left_out_errors(spectrum, targets, weights, penalties, taken, axis_name)
    n, k = spectrum.coordinates.shape

    def term(start: jax.Array, fresh: jax.Array, size: int) -> jax.Array:
        w = lax.dynamic_slice_in_dim(weights, start, size)
        gained = gain(error_of(start, size), start, size)
        return jnp.sum(jnp.where(fresh & (w > 0), w, 0)[:, None] * gained, 0)

    width = k + len(penalties) * targets.shape[1]
    return total_over(sum_tiles(term, n, width), axis_name)


def left_out_errors(
    spectrum: Spectrum,
    targets: jax.Array,
    weights: jax.Array,
    penalties: Any,
    taken: jax.Array | None = None,
    axis_name: str | None = None,
) -> Callable[[Any, int], jax.Array]:
    """``errors(start, size)``: the e_i (size, L, t) of a tile of samples, for every fit."""
    s, rows = spectrum.singular_values, spectrum.coordinates
    k = rows.shape[1]
    y = centred_targets(targets, weights, axis_name)
    total = positive(total_over(jnp.sum(weights), axis_name))
    there = total_over(jnp.sum(weights > 0, dtype=jnp.int32), axis_name)
    spans = spectrum.rank >= there - 1
    counted = (jnp.arange(k, dtype=jnp.int32) < spectrum.rank)[:, None]
    part = jnp.where(counted, (s / positive(s[0]))[:, None] ** 2, 1)
    lam = jnp.asarray(penalties, s.dtype)[None]
    f = jnp.where(spans, -lam, part) / (part + lam)
    if taken is not None:
        f = jnp.where(taken, f, jnp.where(spans, -1, 0).astype(f.dtype))
    f = jnp.where(counted, f, 0)
    inverse = jnp.where(counted[:, 0], 1 / positive(s), 0)

    loadings = total_over(dot(rows * inverse[None], y * weights[:, None], (0, 0)), axis_name)
    slopes = (f[:, :, None] * loadings[:, None]).reshape(k, -1)

    def errors(start: Any, size: int) -> jax.Array:
        of, w, own = (lax.dynamic_slice_in_dim(x, start, size) for x in (rows, weights, y))
        u = of * inverse[None]
        fit = dot(u, slopes, (1, 0)).reshape(size, f.shape[1], -1)
        copy = jnp.minimum(w, 1)
        mean = jnp.where(spans, 1 / positive(w), 1 / total)
        keep = (1 - copy * mean)[:, None] - copy[:, None] * dot(u * u, f, (1, 0))
        error = jnp.where(spans, 0, own)[:, None] - fit
        return error / jnp.maximum(keep, jnp.finfo(s.dtype).eps)[:, :, None]

    return errors


def positive(x: jax.Array) -> jax.Array:
    """The value where positive, else 1: a denominator."""
    return jnp.where(x > 0, x, 1)
