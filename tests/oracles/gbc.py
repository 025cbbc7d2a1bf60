"""GBC (CVPR 2022): Gaussian Bhattacharyya overlap of the classes (FORMULAS section 2).

Class c: mean mu_c (d), variances v_cj = max(sum_{y_i = c} w_i (x_ij - mu_cj)^2 / n_c, floor).

    spherical  s_c = mean_j v_cj,  s = (s_a + s_b)/2
               DB = |mu_a - mu_b|^2/(8 s) + 1/2 (ln s - 1/2 ln s_a - 1/2 ln s_b)
               with determinant=True (the paper's |s I|) the logarithms times d
    diagonal   DB = sum over j of the same with v_aj, v_bj; its logarithms are the determinants'

    GBC = - sum_{a != b} exp(-DB(a, b)),  the ordered pairs of classes that are present

and ln of that sum beside it, which does not underflow. One class: 0 and -inf.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from . import weighting


class Gbc(NamedTuple):
    score: float
    log_overlap: float  # ln(-score): lower is better


def bhattacharyya(mean_a, mean_b, spread_a, spread_b, logarithms=1.0):
    """DB, summed over the entries of the spreads, which are scalars or (d,)."""
    spread = (spread_a + spread_b) / 2
    mahalanobis = np.sum((mean_a - mean_b) ** 2 / (8 * spread))
    volume = np.log(spread) - np.log(spread_a) / 2 - np.log(spread_b) / 2
    return mahalanobis + logarithms * np.sum(volume) / 2


def gbc(
    features,
    labels,
    *,
    num_classes,
    covariance="spherical",
    determinant=False,
    floor=1e-4,
    weights=None,
):
    if covariance not in ("spherical", "diagonal"):
        raise ValueError(covariance)
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    means = weighting.class_means(w, rows, labels, num_classes)
    spreads = {}
    for c in np.unique(labels):
        own = labels == c
        variances = weighting.mean(w[own], (rows[own] - means[c]) ** 2)
        floored = np.maximum(variances, floor)
        spreads[c] = floored.mean() if covariance == "spherical" else floored
    logarithms = rows.shape[1] if determinant and covariance == "spherical" else 1.0
    distances = [
        bhattacharyya(means[a], means[b], spreads[a], spreads[b], logarithms)
        for a in spreads
        for b in spreads
        if a != b
    ]
    log_overlap = logsumexp(-np.array(distances)) if distances else -np.inf
    return Gbc(float(-np.exp(log_overlap)), float(log_overlap))
