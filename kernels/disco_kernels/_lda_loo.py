"""Exact leave-one-out accuracy of linear discriminant analysis, without a refit.

    W = sum_i v_i v_i^T + rho I,   v_i = x_i - mu_{y_i},   rho = 1e-3 tr(sum_i v_i v_i^T)/d
    q_k = (x - mu_k)^T W^-1 (x - mu_k),   r_k = (x - mu_k)^T W^-1 v
    w = v^T W^-1 v,   g = n_c/(n_c - 1)

    squared distance of x to its own class without x:    g^2 w/(1 - g w)
                         to another class:               q_k + g r_k^2/(1 - g w)
    logit_k = -(n-1)/2 distance_k + ln pi_k,    score = mean of [argmax_k logit_k = y_i]

x (n, d) features, mu_k class means, n_c the samples of the own class c. Taking x out of its class
moves the mean by v/(n_c - 1) and takes g v v^T out of W (Sherman-Morrison); rho and pi stay.

Everything happens in the coordinates of the spectrum, a rotation of the features of which only rho
knows the width d. There all scatter is diagonal and W differs from it by the C class means, so its
inverse needs no matrix of its size: see ``_spectral_scatter``.

A sample of weight w stands for w equal samples of which one is left out (all of it for w < 1).

Cost, k = min(n, d): 6 n k C + 1.1 n C^2, in float64. Needs all triplets of the spectrum and a class
for every sample of it.
Degenerate cases. The only sample of a class counts as wrong. W = 0 up to rounding: W = I, so
constant features go to the largest class, the first among equals. Empty classes are never chosen.
No samples: 0. Higher is better; free of scale.

Reference: the leave-one-out update of Fukunaga & Kessell 1971, with a ridge.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ._checks import check_labels
from ._class_scatter import class_means, collapsed, own, reader, variances
from ._largest import largest
from ._precision import dot, in_double, wide
from ._rows import sample_weights, sum_tiles
from ._spectral_scatter import inverse_root
from ._spectrum import Spectrum

SHRINKAGE = 1e-3


@partial(jax.jit, static_argnames="num_classes")
def lda_loo(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> jax.Array:
    """Leave-one-out accuracy of LDA on the spectrum's features."""
    rows = spectrum.coordinates
    n, k = rows.shape
    check_labels(labels, n, num_classes)
    d = spectrum.basis.shape[0] if width is None else width

    def accuracy() -> jax.Array:
        read = reader(rows)
        classes = class_means(read, k, labels, sample_weights(where, rows), num_classes)
        scatter, total = variances(read, classes), classes.total
        rho = SHRINKAGE * jnp.sum(scatter) / jnp.asarray(d, wide())
        flat = collapsed(jnp.sum(scatter), classes, rows.dtype)
        root = inverse_root(read, classes, scatter, 1.0, rho, flat)
        slopes, lengths = root.solve(classes.means), root.lengths(classes.means)
        apart = lengths[:, None] + lengths[None] - 2 * dot(classes.means, slopes, (1, 1))
        each, log_priors = jnp.arange(num_classes, dtype=jnp.int32), classes.log_priors

        def right(start: Any, fresh: jax.Array, size: int) -> jax.Array:
            y, weight = classes.tile(start, size)
            left_out = jnp.minimum(weight, 1)
            others = classes.counts[y] - left_out
            alone = others <= 1e-6 * classes.counts[y]
            g = classes.counts[y] / jnp.where(alone, 1, others)
            v = read(start, size) - classes.means[y]
            along = dot(v, slopes, (1, 1))
            along = own(along, y)[:, None] - along  # v^T W^-1 (mu_y - mu_k)
            w = root.lengths(v)
            q, r = w[:, None] + 2 * along + apart[y], w[:, None] + along
            gain = left_out * g / jnp.maximum(1 - left_out * g * w, jnp.finfo(w.dtype).eps)
            distance = q + gain[:, None] * r * r
            is_own = y[:, None] == each[None]
            distance = jnp.where(is_own, (g * g)[:, None] * distance, distance)
            logits = log_priors[None] - (total - left_out)[:, None] / 2 * distance
            good = (largest(logits) == y) & ~alone
            return jnp.sum(jnp.where(fresh & good, weight, 0))

        return sum_tiles(right, n, k + num_classes) / total

    return in_double(accuracy, rows.dtype)
