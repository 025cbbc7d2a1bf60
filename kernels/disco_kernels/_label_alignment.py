"""LFC and linear CKA: how well the similarity of features aligns with that of labels.

    LFC  cosine of X X^T and the matrix of +1 (same class) and -1 (another), each minus its mean
    CKA  |Xc^T Yc|_F^2/(|Xc^T Xc|_F |Yc^T Yc|_F),     Yc the centred one-hot labels (n, C)

X (n, d) features as they are, Xc = X - 1 mu^T. With the centred moments G = Xc^T Xc and the class
sums b_c = sum_{i in c} (x_i - mu), both follow from d x d numbers. X X^T minus its mean |mu|^2 is
Xc Xc^T plus the rows' and columns' mu^T (x_i - mu), whose inner products with Xc Xc^T vanish:

    LFC = sum_c (|b_c|^2 + 2 n_c mu^T b_c) / (n sqrt(q (1-q)) sqrt(|G|_F^2 + 2 n mu^T G mu)),
    q = sum_c pi_c^2,    pi_c = n_c/n
    CKA = sum_c |b_c|^2 / (|G|_F n |diag(pi) - pi pi^T|_F)

which is free of the cancellation that the uncentred sums suffer under a large mean.

Cost d^2 + C d + C^2 in float64. Degenerate cases. One class, or constant features: 0. A class
without samples changes nothing. Higher is better. Neither depends on the scale of the features;
LFC does on their mean, CKA does not.

References: LFC: Deshpande et al., arXiv 2102.00084 (label-feature correlation). CKA: Kornblith et
al., ICML 2019; with labels in KITE, arXiv 2405.01603.
"""

import jax
import jax.numpy as jnp

from ._moments import Moments
from ._precision import cast, dot, in_double, wide


@jax.jit
def lfc(moments: Moments) -> jax.Array:
    """Label-feature correlation, from moments with classes."""

    def score() -> jax.Array:
        m: Moments = cast(moments, wide())
        share = _shares(m)
        same = jnp.sum(share**2)
        # class sums add up to zero: less a constant, n_c leaves equal classes nothing to round
        surplus = m.class_counts - m.total * same
        along = dot(m.class_sums, m.mean[:, None], (1, 0))[:, 0]
        aligned = jnp.sum(m.class_sums**2) + 2 * jnp.sum(surplus * along)
        across = jnp.sum(m.mean * dot(m.gram, m.mean[:, None], (1, 0))[:, 0])
        of_features = jnp.sqrt(jnp.sum(m.gram**2) + 2 * m.total * across)
        of_labels = m.total * jnp.sqrt(same * jnp.sum(share * (1 - share)))
        return _cosine(moments, aligned, of_features * of_labels)

    return in_double(score, moments.gram.dtype)


@jax.jit
def cka(moments: Moments) -> jax.Array:
    """Linear centred kernel alignment with the one-hot labels, from moments with classes."""

    def score() -> jax.Array:
        m: Moments = cast(moments, wide())
        share = _shares(m)
        of_labels = m.total * jnp.linalg.norm(jnp.diag(share) - jnp.outer(share, share))
        of_features = jnp.linalg.norm(m.gram)
        return _cosine(moments, jnp.sum(m.class_sums**2), of_features * of_labels)

    return in_double(score, moments.gram.dtype)


def _shares(m: Moments) -> jax.Array:
    """pi_c, (C,)."""
    if m.class_counts.shape[0] == 0:
        raise ValueError("moments must have classes: give labels and num_classes to moments()")
    return m.class_counts / jnp.where(m.total > 0, m.total, 1)


def _cosine(moments: Moments, product: jax.Array, norms: jax.Array) -> jax.Array:
    """Product over norms; 0 where the labels, or the features beyond their rounding, are constant.

    The latter as in a spectrum: spread below eps sqrt(n) |mu| is no spread.
    """
    m: Moments = cast(moments, wide())
    eps = float(jnp.finfo(moments.gram.dtype).eps)
    varies = jnp.trace(m.gram) > eps**2 * m.total * jnp.sum(m.mean**2)
    varies = varies & (norms > 0)
    return jnp.where(varies, product / jnp.where(varies, norms, 1), 0)
