"""Sums over samples: x_i rows, w_i weights, W = sum_i w_i, mu = sum_i w_i x_i / W, xc_i = x_i - mu.

gram = sum_i w_i xc_i xc_i^T                        (d x d)
square_norms = sum_i w_i |xc_i|^2;  fourth_norms = sum_i w_i |xc_i|^4
class_counts_c = sum_{y_i = c} w_i                  (C)
class_sums_c = sum_{y_i = c} w_i xc_i               (C x d)
target_mean = sum_i w_i b_i / W                     (t)
cross = sum_i w_i xc_i (b_i - target_mean)^T        (d x t)
"""

from typing import NamedTuple

import numpy as np

from . import weighting


class Moments(NamedTuple):
    total: float
    mean: np.ndarray
    gram: np.ndarray
    square_norms: float
    fourth_norms: float
    class_counts: np.ndarray | None
    class_sums: np.ndarray | None
    target_mean: np.ndarray | None
    cross: np.ndarray | None


def moments(features, labels=None, targets=None, *, num_classes=None, weights=None):
    """All the sums; the class (target) fields are None without labels (targets)."""
    w, rows = weighting.expand(weights, np.asarray(features, dtype=np.float64))
    mu = weighting.mean(w, rows)
    centred = rows - mu
    norms = np.sum(centred**2, axis=1)
    gram = (w[:, None] * centred).T @ centred
    class_counts = class_sums = target_mean = cross = None
    if labels is not None:
        _, y = weighting.expand(weights, labels)
        class_counts = np.array([w[y == c].sum() for c in range(num_classes)])
        class_sums = np.array([w[y == c] @ centred[y == c] for c in range(num_classes)])
    if targets is not None:
        targets = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
        _, b = weighting.expand(weights, targets)
        target_mean = weighting.mean(w, b)
        cross = (w[:, None] * centred).T @ (b - target_mean)
    return Moments(
        w.sum(), mu, gram, w @ norms, w @ norms**2, class_counts, class_sums, target_mean, cross
    )
