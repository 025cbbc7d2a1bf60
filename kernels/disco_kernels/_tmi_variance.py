"""The plain stand-in for TMI: the variance of the features within their classes.

    score = sum_c pi_c tr(cov_c) = sum_i w_i |x_i - mu_{y_i}|^2 / n

x (n, d) features, mu_c (d,) class means, pi_c = n_c/n, cov_c with 1/n_c. Two passes, so that
collapsed classes keep their relative precision.

Cost 4 n d. Degenerate cases. Classes of one sample add nothing; constant features and no samples
give 0. Higher is better (more is left to learn); depends on the scale of the features.

Reference: Xu et al., ICCV 2023, whose conditional entropy it stands for in some benchmarks.
"""

from functools import partial

import jax
import jax.numpy as jnp

from ._checks import check_labels, check_matrix
from ._class_scatter import centred_reader, class_means, class_spreads
from ._precision import in_double
from ._rows import centred_rows


@partial(jax.jit, static_argnames="num_classes")
def tmi_variance(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
) -> jax.Array:
    """Mean squared distance of the features (n, d) to their class means."""
    check_matrix("features", features)
    n, d = features.shape
    check_labels(labels, n, num_classes)
    rows = centred_rows(features, where)

    def score() -> jax.Array:
        read = centred_reader(rows)
        classes = class_means(read, d, labels, rows.weights, num_classes)
        return jnp.sum(class_spreads(read, classes)) / classes.total

    return in_double(score, rows.weights.dtype)
