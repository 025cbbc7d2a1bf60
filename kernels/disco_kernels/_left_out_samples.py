"""What a probe says of each sample that is left out: is it right, and how likely is the own class.

    ridge   scores y_i - e_i with the errors e_i of ``_left_out``, all components of the spectrum
            p(c) = max(score_c, 1/n) / sum_c' max(score_c', 1/n), over the classes that have samples
    k-NN    p(c) = (copies of class c among the k neighbours + n_c/n) / (their number + 1)

The scores of a ridge regression on one-hot labels add up to 1, but may leave [0, 1]; n samples
know of no probability below 1/n. Of the eight penalties of ``ridge_loo`` the one that is right most
often says who is ``right``, so that its mean is ``ridge_loo``, and the one of the largest mean
log-likelihood gives the ``likelihood``. In k-NN the prior stands for one more neighbour, and the
mean of ``right`` is ``knn``.

Cost of ridge 16 n k C operations and n C exponentials, of k-NN 2 n^2 d. Degenerate cases. No other
sample: wrong. Samples of weight 0 are wrong with the likelihood 1. Higher is better.

References: Allen, Technometrics 1974, and the plain k-NN; as members of an ensemble: Mustafa et
al., Deep ensembles for low-data transfer learning, 2020.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_labels
from ._class_sums import class_sums
from ._knn import neighbours, vote
from ._left_out import left_out_errors, positive
from ._ridge_loo import PENALTIES
from ._rows import map_tiles, sample_count, sample_weights
from ._spectrum import Spectrum


class LeftOut(NamedTuple):
    """Of every sample, predicted without itself."""

    right: jax.Array  # (n,), bool
    likelihood: jax.Array  # (n,), of the own class


@partial(jax.jit, static_argnames="num_classes")
def ridge_left_out(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
) -> LeftOut:
    """Leave-one-out predictions of ridge regression on the spectrum's components."""
    t = spectrum.coordinates
    n, k = t.shape
    check_labels(labels, n, num_classes)
    weights = sample_weights(where, t)
    one_hot = labels[:, None] == jnp.arange(num_classes, dtype=labels.dtype)[None]
    y = one_hot.astype(t.dtype)
    errors = left_out_errors(spectrum, y, weights, PENALTIES)
    there = class_sums(weights, labels, num_classes) > 0
    least = jnp.where(there, 1 / positive(jnp.sum(weights)), 0)[None, None]

    def told(start: Any, size: int) -> tuple[jax.Array, jax.Array]:
        own = lax.dynamic_slice_in_dim(y, start, size)[:, None]
        score = own - errors(start, size)
        floored = jnp.where(there[None, None], jnp.maximum(score, least), 0)
        p = jnp.sum(own * floored, 2) / positive(jnp.sum(floored, 2))
        return jnp.argmax(score, 2) == jnp.argmax(own, 2), p

    right, p = map_tiles(told, n, k + len(PENALTIES) * num_classes)
    present = weights[:, None] > 0
    right = right & present & (sample_count(weights) > 1)
    p = jnp.where(present, p, 1)
    hits = jnp.sum(jnp.where(right, weights[:, None], 0), 0)
    logs = jnp.sum(jnp.where(present, weights[:, None] * jnp.log(p), 0), 0)
    return LeftOut(right[:, jnp.argmax(hits)], p[:, jnp.argmax(logs)])


@partial(jax.jit, static_argnames=("num_classes", "k", "metric"))
def knn_left_out(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    k: int = 5,
    metric: str = "euclidean",
    where: jax.Array | None = None,
) -> LeftOut:
    """Leave-one-out predictions of k nearest neighbours on ``features`` (n, d)."""
    check_labels(labels, features.shape[0], num_classes)
    near, copies = neighbours(features, k, metric, where)
    weights = sample_weights(where, features)
    counts = class_sums(weights, labels, num_classes)
    known = jnp.clip(labels, 0, num_classes - 1)
    prior = counts[known] / positive(jnp.sum(weights))
    same = jnp.sum(jnp.where(labels[near] == labels[:, None], copies, 0), 1)
    p = (same + prior) / (jnp.sum(copies, 1) + 1)
    present = weights > 0
    return LeftOut(vote(labels, near, copies) & present, jnp.where(present, p, 1))
