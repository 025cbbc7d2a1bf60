"""ETran: how well class means tell the classes apart, and the energy of the logits.

    classification = mean_i softmax_c(x_i mu_c - 1/2 |mu_c|^2 + ln pi_c)[y_i]
    energy         = mean_i ln sum_z exp(logits_iz)
    over a hub:      0.85 minmax(classification) + 0.15 minmax(energy)

X (n, d) features, mu_c class means, pi_c = n_c/n, logits (n, Z) of the source head. The first term
is a nearest-class-mean softmax: in the published discriminant analysis the scatter cancels.

``compat="published"`` is the energy of the published code: that of the *features*, and only the
mean of its floor(5n/1000) lowest values, which is 0 for n < 200. It needs no logits.

Cost 4 n d C in float64, n Z (n d) for the energy. The regression form is in ``_etran_regression``.
Degenerate cases. One class: classification 1. Constant features: sum_c pi_c^2. No samples: 0.
Both terms are higher is better, and depend on the scale of their input.

Reference: Gholami et al., ETran: energy-based transferability estimation, ICCV 2023.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_choice, check_labels, check_matrix
from ._class_scatter import centred_reader, class_means, linear, log_posteriors, own
from ._precision import in_double, wide
from ._rows import centred_rows, map_tiles, sum_tiles

COMPAT = ("exact", "published")


class Etran(NamedTuple):
    """The two raw terms of one model."""

    classification: jax.Array  # ()
    energy: jax.Array  # ()


@partial(jax.jit, static_argnames=("num_classes", "compat"))
def etran(
    features: jax.Array,
    labels: jax.Array,
    logits: jax.Array | None = None,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
    compat: str = "exact",
) -> Etran:
    """Raw terms of ETran for ``features`` (n, d) and, unless as published, ``logits`` (n, Z)."""
    check_matrix("features", features)
    n, d = features.shape
    check_labels(labels, n, num_classes)
    check_choice("compat", compat, COMPAT)
    rows = centred_rows(features, where)

    def terms() -> Etran:
        read = centred_reader(rows)
        classes = class_means(read, d, labels, rows.weights, num_classes)
        model = linear(classes, classes.means.T)

        def posterior(start: Any, fresh: jax.Array, size: int) -> jax.Array:
            y, w = classes.tile(start, size)
            p = jnp.exp(own(log_posteriors(read(start, size), model), y))
            return jnp.sum(jnp.where(fresh, w, 0) * p)

        classification = sum_tiles(posterior, n, d + num_classes) / classes.total
        if compat == "published":
            w = classes.weights
            values = _energies(features, w, width)
            energy = _mean_of_lowest(values, w, jnp.floor(5 * jnp.sum(w) / 1000))
        else:
            values = _energies(_given(logits, n), classes.weights)
            energy = jnp.sum(classes.weights * values) / classes.total
        return Etran(classification, energy)

    return in_double(terms, rows.weights.dtype)


def _given(logits: jax.Array | None, n: int) -> jax.Array:
    if logits is None:
        raise ValueError('etran needs logits for its energy; compat="published" reads the features')
    check_matrix("logits", logits)
    if logits.shape[0] != n:
        raise ValueError(f"logits must have {n} rows, as features has, got shape {logits.shape}")
    return logits


def _energies(x: jax.Array, weights: jax.Array, width: Any = None) -> jax.Array:
    """``ln sum_j exp(x_ij)`` over the first ``width`` columns, 0 in rows of weight zero, (n,)."""
    columns = x.shape[1]
    real = jnp.arange(columns, dtype=jnp.int32) < (columns if width is None else width)

    def of(start: Any, size: int) -> jax.Array:
        part = lax.dynamic_slice_in_dim(x, start, size).astype(wide())
        return jax.nn.logsumexp(jnp.where(real[None], part, -jnp.inf), axis=1)

    return jnp.where(weights > 0, map_tiles(of, *x.shape), 0)


def _mean_of_lowest(values: jax.Array, weights: jax.Array, wanted: jax.Array) -> jax.Array:
    """The mean of the ``wanted`` lowest values, each as often as its weight; 0 where none is."""
    order = jnp.argsort(jnp.where(weights > 0, values, jnp.inf))
    values, weights = values[order], weights[order]
    room = jnp.maximum(wanted - (jnp.cumsum(weights) - weights), 0)
    return jnp.sum(jnp.minimum(weights, room) * values) / jnp.maximum(wanted, 1)
