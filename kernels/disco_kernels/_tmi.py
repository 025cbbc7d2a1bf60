"""TMI: the entropy of the features within their classes.

    h_c = psi(n_c) - psi(k) + d/n_c sum_{i in c} ln(2 max(rho_i, floor))
    score = sum_c pi_c h_c / sum_c pi_c        over the classes with n_c > k

x (n, d) features, psi the digamma function, rho_i the distance in the maximum norm to the k-th
other sample of the class (Kozachenko and Leonenko's estimate). ``floored`` is the share of these
samples whose rho is at most the floor: at 1 the score says nothing of the features.

``compat="published"`` sets the floor to 1, counts a class of one sample with h = 0, and divides by
the number of classes kept instead of by their share: C times smaller.

A sample of integer weight is repeated: its copies are at distance 0.

Cost about d sum_c n_c (n_c + 256) comparisons, memory d (n + 128^2). Degenerate cases. No class
with more than k samples: 0. Constant features: every distance is floored. Higher is better
(more is left to learn); moves by d ln a where features are scaled by a.

Reference: Xu et al., Fast and accurate transferability measurement by evaluating intra-class
feature variance, ICCV 2023.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import digamma

from ._checks import check_choice, check_labels, check_matrix, check_positive
from ._class_sums import class_sums
from ._pairwise import maximum, nearest_in_class
from ._rows import sample_weights


class Tmi(NamedTuple):
    """The score and the share of the samples whose distance is at the floor."""

    score: jax.Array  # ()
    floored: jax.Array  # ()


@partial(jax.jit, static_argnames=("num_classes", "k", "floor", "compat"))
def tmi(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    k: int = 3,
    floor: float = 1e-10,
    compat: str = "exact",
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> Tmi:
    """Class-conditional entropy of ``features`` (n, d) by nearest neighbours."""
    check_matrix("features", features)
    n, d = features.shape
    check_labels(labels, n, num_classes)
    check_positive("k", k)
    check_choice("compat", compat, ("exact", "published"))
    floor = 1.0 if compat == "published" else floor
    w = sample_weights(where, features)
    rows = jnp.where(w[:, None] > 0, features.astype(w.dtype), 0)
    rho = _kth_distance(*nearest_in_class(rows, labels, w, num_classes, k, maximum), w, k)
    labels = jnp.clip(labels, 0, num_classes - 1)
    columns = w, w * jnp.log(2 * jnp.maximum(rho, floor)), jnp.where(rho <= floor, w, 0)
    counts, logs, floored = class_sums(jnp.stack(columns, 1), labels, num_classes).T
    kept = counts > k
    shares = counts / jnp.maximum(jnp.sum(counts), jnp.finfo(w.dtype).tiny)
    size = jnp.asarray(d if width is None else width, w.dtype)
    safe = jnp.where(kept, counts, 1)
    h = digamma(safe) - digamma(jnp.asarray(k, w.dtype)) + size * logs / safe
    total = jnp.sum(jnp.where(kept, shares * h, 0))
    known = jnp.sum(jnp.where(kept, counts, 0))
    divisor = jnp.sum(jnp.where(kept, shares, 0))
    if compat == "published":
        divisor = jnp.sum(kept | (counts == 1)).astype(w.dtype)
    return Tmi(
        total / jnp.where(divisor > 0, divisor, 1),
        jnp.sum(jnp.where(kept, floored, 0)) / jnp.where(known > 0, known, 1),
    )


def _kth_distance(distances: jax.Array, copies: jax.Array, w: jax.Array, k: int) -> jax.Array:
    """The farthest neighbour still needed for k samples, a row's own copies coming first."""
    before = jnp.maximum(w - 1, 0)[:, None] + jnp.cumsum(copies, 1) - copies
    return jnp.max(jnp.where((before < k) & (copies > 0), distances, 0), 1)
