"""NCTI: how close the features are to neural collapse, in three terms relative to the hub.

    Z (n, m) leading m = min(64, n, d) spectral coordinates, St = Z^T Z/n = diag(s^2)/n, C classes
    a = max(exp(-sum_{j <= 32} s_j^2/(n - 1)), 1e-10),   Sw = sum_i w_i v_i v_i^T/n
    a > 1e-10:  S = (1 - a) Sw + a tr(Sw)/m I, St shrunk alike with its own trace
    a = 1e-10:  S = Sw on its range: columns scaled by their within deviation, directions of scaled
                deviation <= 1e-4 dropped
    P = softmax(Z S^-1 M^T - 1/2 diag(M S^-1 M^T) + ln pi)

    ncc = mean_i P[i, y_i]
    seli = |T|_*, T = Z (v_1 .. v_r) of the r = min(C - 1, m) leading (St - S) v = e S v with
           v^T S v = 1, at a = 1e-10 only those with e_j > 1e-8 e_1
    vc = ln sum_c |P_c|_*, P_c the rows of class c
    over a hub: minmax(ncc) + minmax(seli) - minmax(vc)

|.|_* is the sum of the singular values; a row of weight w enters it times sqrt(w). With
W W^T = S^-1 and W^T S W = I on the range, the v are W times right singular vectors: of St^1/2 W, or
at a = 1e-10 of pi^1/2 M W, for St - Sw = M^T pi M. Coordinates beyond the spectrum's rank are 0.

Cost n m^2 + n C m, and for the norms n C^2 + C min(C, 2n/C)^3 where classes are of like size
(C^4 at worst), in float64; memory n C. ``components`` is 64 in the paper.
Degenerate cases. Sw = 0 up to rounding: S = I. One class: ncc 1, seli 0.
Constant features: the priors are the posterior, seli 0. n <= 1: a = 1. Empty classes are not there.
ncc and seli are higher is better, vc lower. Published numbers have Sw/(n - C) at a = 1e-10.

Reference: Wang et al., How far pre-trained models are from neural collapse on the target dataset
informs their transferability, ICCV 2023.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ._checks import check_labels, check_positive
from ._class_scatter import (
    Classes,
    class_means,
    collapsed,
    linear,
    log_posteriors,
    own,
    reader,
    resolution,
    within_scatter,
)
from ._lapack import eigh, singular_values, svd
from ._nuclear_norms import nuclear_norms
from ._precision import dot, in_double, wide
from ._rows import map_tiles, sample_count, sample_weights
from ._spectrum import Spectrum

COMPONENTS = 64
FLOOR = 1e-10


class Ncti(NamedTuple):
    """The raw terms of one model."""

    ncc: jax.Array  # ()
    seli: jax.Array  # ()
    vc: jax.Array  # (), lower is better


@partial(jax.jit, static_argnames=("num_classes", "components"))
def ncti(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    components: int = COMPONENTS,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> Ncti:
    """Raw terms of NCTI for integer ``labels`` (n,)."""
    check_labels(labels, spectrum.coordinates.shape[0], num_classes)
    check_positive("components", components)
    weights = sample_weights(where, spectrum.coordinates)
    spectrum = _leading(spectrum, components, weights, width)
    rows, labels, weights, starts, stops = _by_class(spectrum, labels, num_classes, where)
    n, m = rows.shape

    def terms() -> Ncti:
        read = reader(rows)
        classes = class_means(read, m, labels, weights, num_classes)
        within = within_scatter(read, classes) / classes.total
        s = spectrum.singular_values.astype(wide())
        white, directions = _discriminant(classes, within, s, spectrum)
        model = linear(classes, dot(white, dot(classes.means, white, (1, 0)), (1, 1)))

        def posteriors(start: Any, size: int) -> jax.Array:
            return jnp.exp(log_posteriors(read(start, size), model))

        p = map_tiles(posteriors, n, m + num_classes)
        ncc = jnp.sum(classes.weights * own(p, classes.labels)) / classes.total
        seli = jnp.sum(singular_values(s[:, None] * directions))
        p = p * jnp.sqrt(classes.weights)[:, None]
        vc = jnp.log(jnp.sum(nuclear_norms(p, starts, stops)))
        return Ncti(ncc, seli, vc)

    return in_double(terms, rows.dtype)


def _leading(
    spectrum: Spectrum, components: int, weights: jax.Array, width: jax.Array | int | None
) -> Spectrum:
    """The leading ``kept`` = m components, the null ones zero.

    There may be m of them in fewer rows, where weights repeat these: they are null.
    """
    d, k = spectrum.basis.shape
    most = min(components, d)
    m = jnp.minimum(sample_count(weights), jnp.asarray(d if width is None else width, jnp.int32))
    real = jnp.arange(most, dtype=jnp.int32) < spectrum.rank

    def cut(x: jax.Array) -> jax.Array:
        x = jnp.pad(x[..., :most], [(0, 0)] * (x.ndim - 1) + [(0, max(most - k, 0))])
        return jnp.where(real, x, 0)

    return spectrum._replace(
        singular_values=cut(spectrum.singular_values),
        coordinates=cut(spectrum.coordinates),
        kept=jnp.minimum(m, most),
    )


def _by_class(
    spectrum: Spectrum, labels: jax.Array, num_classes: int, where: jax.Array | None
) -> tuple[jax.Array, ...]:
    """Coordinates, labels and weights by class, and where each class starts and stops.

    What is in no class comes last.
    """
    rows = spectrum.coordinates
    weights = sample_weights(where, rows)
    labels = labels.astype(jnp.int32)
    known = (weights > 0) & (labels >= 0) & (labels < num_classes)
    place = jnp.where(known, labels, num_classes)
    order = jnp.argsort(place, stable=True)
    each = jnp.arange(num_classes, dtype=jnp.int32)
    starts, stops = (jnp.searchsorted(place[order], each, side=side) for side in ("left", "right"))
    return rows[order], place[order], weights[order], starts, stops


def _discriminant(
    classes: Classes, within: jax.Array, s: jax.Array, spectrum: Spectrum
) -> tuple[jax.Array, jax.Array]:
    """W (m, m) with ``W W^T = S^-1``, and the leading directions v (m, m), zeros after the r-th."""
    n, dtype = classes.total, spectrum.coordinates.dtype
    place = jnp.arange(s.shape[0], dtype=jnp.int32)
    m = spectrum.kept.astype(s.dtype)
    variances = s * s / n
    flat = collapsed(n * jnp.trace(within), classes, dtype)
    a = jnp.exp(-jnp.sum(s[:32] ** 2) / jnp.where(n > 1, n - 1, jnp.inf))
    a = jnp.maximum(a, FLOOR)

    white = jnp.where(flat, jnp.eye(s.shape[0], dtype=s.dtype), _shrunk(within, a, m))
    ridge = jnp.where(place < spectrum.kept, a / m * jnp.sum(variances), 0)
    total = jnp.sqrt((1 - a) * variances + ridge)[:, None] * white
    right, _ = _right_vectors(total)

    exact = _on_range(within, resolution(s.shape[0], dtype) * jnp.sqrt(variances))
    between = dot(jnp.sqrt(classes.counts / n)[:, None] * classes.means, exact, (1, 0))
    of_means, values = _right_vectors(between)

    shrinks = flat | (a > FLOOR)
    white, right = jnp.where(shrinks, white, exact), jnp.where(shrinks, right, of_means)
    leading = place < jnp.minimum(jnp.sum(classes.present, dtype=jnp.int32) - 1, spectrum.kept)
    leading &= shrinks | (values**2 > _rounding() * values[0] ** 2)
    return white, jnp.where(leading[None], dot(white, right, (1, 0)), 0)


def _shrunk(within: jax.Array, a: jax.Array, m: jax.Array) -> jax.Array:
    """W of ``(1 - a) Sw + a tr(Sw)/m I``."""
    values, basis = eigh(within)
    values = (1 - a) * jnp.maximum(values, 0) + a * jnp.trace(within) / m
    return basis / jnp.sqrt(values)[None]


def _on_range(within: jax.Array, noise: jax.Array) -> jax.Array:
    """W of Sw, inverted on its range: zeros in columns that do not vary, for what is dropped."""
    scale = jnp.sqrt(jnp.diagonal(within))
    varies = scale > noise
    inverse = jnp.where(varies, 1 / jnp.where(varies, scale, 1), 0)
    squares, basis = eigh(within * inverse[:, None] * inverse[None])
    kept = jnp.where(squares > _rounding(), squares, jnp.inf)
    return inverse[:, None] * basis / jnp.sqrt(kept)[None]


def _rounding() -> float:
    """Of the largest eigenvalue: what is below is no direction."""
    return 1e-8 if wide() == jnp.float64 else 1e-5


def _right_vectors(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Right singular vectors (m, m) of x (., m), the leading first, and singular values (m,)."""
    m = x.shape[1]
    x = jnp.pad(x, ((0, max(m - x.shape[0], 0)), (0, 0)))
    _, values, transposed = svd(x)
    return transposed.T, values
