"""PED: overlapping classes push one another apart before any score is computed.

    Z = (X - m)/sd,   M_c the class means of Z,   R_c = sqrt(sum_j var_cj) their radii
    F_ab = max(q (R_a + R_b) - |M_a - M_b|, 0)
    D_a = t^2/2 sum_{b != a} F_ab (M_a - M_b)/|M_a - M_b|,   t = 0.1
    M <- M + D, at most six times; x_i <- x_i + sd * (sum of the D of class y_i)

X (n, d) features; m, sd (d,) mean and deviation of the source features (m', d), sd at least 1e-3;
the radii stay as they are, the paper has q = 0.6 or 0.3. A step is not taken, and the dynamics end,
where its size sum |D_aj| is at most half of the first one's, or 0. m itself cancels.

Only C x d numbers move. The result is a view of the features for other metrics, not a score.

Cost 6 n d and 6 C^2 d a step, in float64. Degenerate cases. Coincident means (nearer than 1e-12 of
their radii) push nothing. One class, constant features, classes apart: X as it was. Rows of weight
zero move with their class; rows with a label outside 0..C-1 stay. No samples: X as it was.

Reference: Li et al., Exploring model transferability through the lens of potential energy,
ICCV 2023.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_labels, check_matrix
from ._class_scatter import centred_reader, class_means, class_spreads
from ._precision import dot, in_double
from ._rows import centred_rows, sum_tiles

STEPS = 6
STEP = 0.1  # t
SMALLEST_DEVIATION = 1e-3


@partial(jax.jit, static_argnames=("num_classes", "q"))
def ped(
    features: jax.Array,
    labels: jax.Array,
    source_features: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    q: float = 0.6,
) -> jax.Array:
    """The features (n, d) with their classes pushed apart, in units of ``source_features``."""
    check_matrix("features", features)
    check_matrix("source_features", source_features)
    n, d = features.shape
    if source_features.shape[1] != d:
        raise ValueError(
            f"source_features must have the {d} columns of features, got {source_features.shape}"
        )
    check_labels(labels, n, num_classes)
    if q <= 0:
        raise ValueError(f"q must be positive, got {q}")
    rows = centred_rows(features, where)

    def shift() -> jax.Array:
        deviations = _deviations(source_features)
        centred = centred_reader(rows)

        def read(start: Any, size: int) -> jax.Array:
            return centred(start, size) / deviations[None]

        classes = class_means(read, d, labels, rows.weights, num_classes)
        spreads = class_spreads(read, classes) / jnp.where(classes.present, classes.counts, 1)
        moved = deviations[None] * _moves(classes.means, jnp.sqrt(spreads), classes.present, q)
        known = (labels >= 0) & (labels < num_classes)
        return jnp.where(known[:, None], moved[classes.labels], 0)

    dtype = rows.weights.dtype
    return features.astype(dtype) + in_double(shift, dtype)


def _deviations(features: jax.Array) -> jax.Array:
    """Deviations of the columns, at least 1e-3."""
    n, d = features.shape
    read = centred_reader(centred_rows(features))

    def squares(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        y = jnp.where(fresh[:, None], read(start, size), 0)
        return jnp.sum(y * y, 0)

    return jnp.maximum(jnp.sqrt(sum_tiles(squares, n, d) / n), SMALLEST_DEVIATION)


def _moves(means: jax.Array, radii: jax.Array, present: jax.Array, q: float) -> jax.Array:
    """By how much the class means move in all, (C, d)."""
    start, going, first = means, jnp.any(present), jnp.zeros((), means.dtype)
    for _ in range(STEPS):
        step = _push(means, radii, present, q)
        size = jnp.sum(jnp.abs(step))
        going = going & (size > first / 2)
        first = jnp.where(first > 0, first, size)
        means = jnp.where(going, means + step, means)
    return means - start


def _push(means: jax.Array, radii: jax.Array, present: jax.Array, q: float) -> jax.Array:
    """D, (C, d)."""

    def on(one: tuple[jax.Array, jax.Array]) -> jax.Array:
        mean, radius = one
        apart = mean[None] - means
        distance = jnp.sqrt(jnp.sum(apart * apart, 1))
        overlap = jnp.maximum(q * (radius + radii) - distance, 0)
        pushing = present & (distance > 1e-12 * (radius + radii))
        force = jnp.where(pushing, overlap / jnp.where(pushing, distance, 1), 0)
        return STEP**2 / 2 * dot(force[None], apart, (1, 0))[0]

    return jnp.where(present[:, None], lax.map(on, (means, radii)), 0)
