"""SFDA: how well a shrunk linear discriminant tells the classes apart once hard samples are mixed.

    Sw = sum_i w_i v_i v_i^T / n,   v_i = x_i - mu_{y_i}
    lam = |Sw^7 1| / |Sw^6 1|,   a = max(exp(-5 lam), 1e-10),   S = (1 - a) Sw + a tr(Sw)/d I
    p_i = softmax(x_i^T S^-1 M^T - 1/2 diag(M S^-1 M^T) + ln pi)
    c_i = softmax(p_i)_{y_i},   x_i <- c_i x_i + (1 - c_i) (mean of the other classes' means)
    score = mean_i p_i[y_i] with M and S of the mixed rows, the same a

X (n, d) features, M (C, d) class means (the mean of the others' is unweighted), pi_c = n_c/n. The
paper writes the logarithm of the score; the published code is as here.

Everything happens in the coordinates of the spectrum, a rotation of the features in which the
vector of ones is V^T 1: S is min(n, d) wide, which is the cheaper the wider the features. The first
S is inverted without being formed, see ``_spectral_scatter``; that of the mixed rows is formed and
goes through a Cholesky factorisation. Both in float64, for S is nearly singular where a = 1e-10.

Cost, k = min(n, d): 1.1 n k^2 + k^3/3 + 14 n C k, in float64. Memory k^2; the mixed rows are made a
tile at a time. Needs all triplets of the spectrum and a class for every sample of it.
Degenerate cases. Sw = 0 up to rounding: S = I both times. No direction to iterate (Sw 1 = 0):
lam = 0, a = 1. One class: score 1. Empty classes are not there, in the softmax of p neither. No
samples: 0. **Saturates at 1 for n < d**: classes collapse to points. Higher is better; depends on
the scale of the features.

Reference: Shao et al., Not all models are equal: self-challenging Fisher discriminant analysis,
ECCV 2022.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_labels
from ._class_scatter import (
    Classes,
    class_means,
    collapsed,
    linear,
    log_posteriors,
    own,
    reader,
    variances,
    within_scatter,
)
from ._lapack import cholesky, cholesky_solve
from ._precision import dot, in_double, wide
from ._rows import map_tiles, sample_weights, sum_tiles
from ._spectral_scatter import between, inverse_root
from ._spectrum import Spectrum


@partial(jax.jit, static_argnames="num_classes")
def sfda(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> jax.Array:
    """Mean posterior of the true class after self-challenging Fisher discriminant analysis."""
    rows = spectrum.coordinates
    n, k = rows.shape
    check_labels(labels, n, num_classes)
    weights = sample_weights(where, rows)

    def score() -> jax.Array:
        d = jnp.asarray(spectrum.basis.shape[0] if width is None else width, wide())
        read = reader(rows)
        classes = class_means(read, k, labels, weights, num_classes)
        scatter, total = variances(read, classes), classes.total
        flat = collapsed(jnp.sum(scatter), classes, rows.dtype)
        ones = jnp.sum(spectrum.basis.astype(wide()), 0)
        a = jnp.maximum(jnp.exp(-5 * _largest(classes, scatter, ones)), 1e-10)
        ridge = a * jnp.sum(scatter) / (total * d)
        root = inverse_root(read, classes, scatter, (1 - a) / total, ridge, flat)
        model = linear(classes, root.solve(classes.means).T)

        def confidence(start: Any, size: int) -> jax.Array:
            y, _ = classes.tile(start, size)
            p = jnp.exp(log_posteriors(read(start, size), model))
            return own(jax.nn.softmax(jnp.where(classes.present[None], p, -1e30), axis=1), y)

        trusted = map_tiles(confidence, n, k + num_classes)
        others = _means_of_others(classes)

        def mixed(start: Any, size: int) -> jax.Array:
            y, _ = classes.tile(start, size)
            c = lax.dynamic_slice_in_dim(trusted, start, size)[:, None]
            return c * read(start, size) + (1 - c) * others[y]

        classes = class_means(mixed, k, labels, weights, num_classes)
        within = within_scatter(mixed, classes) / classes.total
        model = _fit(classes, within, a, d, flat)

        def posterior(start: Any, fresh: jax.Array, size: int) -> jax.Array:
            y, w = classes.tile(start, size)
            p = jnp.exp(own(log_posteriors(mixed(start, size), model), y))
            return jnp.sum(jnp.where(fresh, w, 0) * p)

        return sum_tiles(posterior, n, k + num_classes) / classes.total

    return in_double(score, rows.dtype)


def _largest(classes: Classes, scatter: jax.Array, start: jax.Array) -> jax.Array:
    """``|Sw^7 1| / |Sw^6 1|``, close to the largest eigenvalue."""
    b = between(classes)
    squares = scatter + jnp.sum(b * b, 0)
    v, length = start, jnp.ones((), start.dtype)
    for _ in range(7):
        v = v / jnp.where(length > 0, length, 1)
        v = squares * v - dot(dot(b, v[:, None], (1, 0)), b, (0, 0))[0]
        v = v / classes.total
        length = jnp.sqrt(jnp.sum(v * v))
    return length


def _fit(
    classes: Classes, within: jax.Array, a: jax.Array, d: jax.Array, flat: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Slopes and intercepts of the shrunk discriminant; in float32 shrunk by what it can tell."""
    eye = jnp.eye(within.shape[0], dtype=within.dtype)
    ridge = jnp.maximum(a / d, 8 * jnp.finfo(within.dtype).eps) * jnp.trace(within)
    shrunk = jnp.where(flat, eye, (1 - a) * within + ridge * eye)
    return linear(classes, cholesky_solve(cholesky(shrunk), classes.means.T))


def _means_of_others(classes: Classes) -> jax.Array:
    """The mean of the means of all other classes, (C, k); 0 where there is no other."""
    others = jnp.maximum(jnp.sum(classes.present) - 1, 1).astype(classes.means.dtype)
    return (jnp.sum(classes.means, 0)[None] - classes.means) / others
