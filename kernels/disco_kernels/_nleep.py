"""N-LEEP: LEEP of clusters of the features in the place of source classes.

    score = mean_i ln sum_k p(y_i|k) R_ik,    p(y|k) = J_yk / sum_y J_yk,    J = Y^T R/n  (C, K)

R (n, K) responsibilities of a Gaussian mixture with full covariances on the m leading principal
coordinates, the fewest whose share of the variance exceeds 0.8 (128 at most: ``limit``).
K = min(5 C, n/5) floored, at least 1, C counting the classes that have samples. The mixture starts
from k-means (``_kmeans``: k-means++ without random numbers) and is fitted by
expectation-maximisation (``_mixture``).

Published numbers come from unseeded starts and from 5 C clusters, C on two data sets: two
implementations agree in distribution only. ``compat="published"`` averages the probability without
the logarithm, as the code of the published hub runs does.

``components`` is m, ``clusters`` K; ``rounds`` and ``change`` are those of the mixture: a change of
1e-3 or more means that 100 rounds did not suffice.

Cost K (3 n m^2 + m^3/3) a round in float64, memory n K. Needs all triplets of the spectrum.
Degenerate cases. Constant features: one cluster has everybody, the score is minus the entropy of
the labels. One class: 0. Higher is better, 0 (published: 1) the best; nearly free of scale, but for
the 1e-6 on the covariances.

Reference: Li et al., Ranking neural checkpoints, CVPR 2021.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_choice, check_labels, check_positive
from ._kmeans import kmeans
from ._mixture import Mixture, mixture
from ._precision import dot, in_double, wide
from ._rows import sample_weights
from ._spectrum import Spectrum

SHARE = 0.8
WIDTHS = 8, 32  # the mixture is fitted to the first so many columns that hold all in use


class Nleep(NamedTuple):
    """The score, the size of the mixture, and how it was reached."""

    score: jax.Array  # ()
    components: jax.Array  # ()
    clusters: jax.Array  # ()
    rounds: jax.Array  # ()
    change: jax.Array  # ()


@partial(jax.jit, static_argnames=("num_classes", "limit", "compat"))
def nleep(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    limit: int = 128,
    compat: str = "exact",
    where: jax.Array | None = None,
) -> Nleep:
    """LEEP of the clusters of the spectrum's features for integer ``labels`` (n,)."""
    n = spectrum.coordinates.shape[0]
    check_labels(labels, n, num_classes)
    check_positive("limit", limit)
    check_choice("compat", compat, ("exact", "published"))
    dtype = spectrum.coordinates.dtype
    weights = sample_weights(where, spectrum.coordinates)
    repeats = where is not None and where.dtype != bool

    def fit() -> Nleep:
        w = weights.astype(wide())
        classes = jnp.arange(num_classes, dtype=jnp.int32)[None]
        own = labels.astype(jnp.int32)[:, None] == classes
        own = jnp.where(w[:, None] > 0, own, False).astype(w.dtype)
        total = jnp.sum(w)
        counted = jnp.sum(jnp.any(own > 0, 0), dtype=jnp.int32)
        fifth = jnp.floor((total + 1e-6) / 5).astype(jnp.int32)
        clusters = jnp.maximum(jnp.minimum(5 * counted, fifth), 1)
        most = max(1, min(5 * num_classes, n if repeats else n // 5))
        clusters = jnp.minimum(clusters, most)
        rows, components = _leading(spectrum, limit)

        def fitted(width: int) -> Mixture:
            cluster = kmeans(rows[:, :width], w, clusters, most)[:, None]
            start = cluster == jnp.arange(most, dtype=jnp.int32)[None]
            return mixture(rows[:, :width], w, start.astype(w.dtype))

        widths = sorted({min(width, rows.shape[1]) for width in (*WIDTHS, limit)})
        narrowest = sum((components > width).astype(jnp.int32) for width in widths[:-1])
        found = lax.switch(narrowest, [partial(fitted, width) for width in widths])
        r = jnp.where(w[:, None] > 0, found.responsibilities, 0)
        joint = dot(own * w[:, None], r, (0, 0))
        mass = jnp.sum(joint, 0)
        given = joint / jnp.where(mass > 0, mass, 1)[None]
        likelihood = jnp.sum(own * dot(r, given, (1, 1)), 1)
        if compat == "exact":
            likelihood = jnp.log(jnp.where(w > 0, likelihood, 1))
        score = jnp.sum(w * likelihood) / jnp.maximum(total, jnp.finfo(w.dtype).tiny)
        return Nleep(score, components, clusters, found.rounds, found.change)

    return in_double(fit, dtype)


def _leading(spectrum: Spectrum, limit: int) -> tuple[jax.Array, jax.Array]:
    """The leading coordinates, zeros beyond the ones in use; how many those are."""
    squares = spectrum.singular_values.astype(wide()) ** 2
    height = jnp.cumsum(squares)
    needed = jnp.sum(height <= SHARE * height[-1], dtype=jnp.int32) + 1
    components = jnp.where(height[-1] > 0, jnp.minimum(needed, limit), 1)
    rows = spectrum.coordinates[:, :limit].astype(wide())
    used = jnp.arange(rows.shape[1], dtype=jnp.int32) < components
    return jnp.where(used[None], rows, 0), components
