"""Concept variance, its sign turned: are close samples of one class? (FORMULAS section 4).

    X with every column scaled to [0, 1], constant columns to 0; D_ij = |x_i - x_j|
    w_ij = 2^(-2 D_ij/max(sqrt(d) - D_ij, 1e-9)), w_ii = 0
    score = - mean_i sum_j w_ij [y_i != y_j] / sum_j w_ij

The published value is -score (lower is simpler). One class, or a single sample: 0. Every row of w
is divided by its largest entry, which changes no ratio and leaves no row of zeros.
Only whole weights: the copies of a sample are neighbours at distance 0.
"""

import numpy as np

from . import weighting


def concept_variance(features, labels, *, num_classes, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    if np.any(w != 1):
        raise ValueError(weights)
    low, spread = rows.min(axis=0), np.ptp(rows, axis=0)
    rows = (rows - low) / np.where(spread > 0, spread, 1.0)
    if len(rows) == 1:
        return 0.0
    shares = []
    for i, x in enumerate(rows):
        others = np.arange(len(rows)) != i
        distances = np.linalg.norm(rows[others] - x, axis=1)
        exponents = -2 * distances / np.maximum(np.sqrt(rows.shape[1]) - distances, 1e-9)
        near = 2.0 ** (exponents - exponents.max())
        shares.append(near @ (labels[others] != labels[i]) / near.sum())
    return float(-np.mean(shares))
