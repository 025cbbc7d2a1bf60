"""ETran (ICCV 2023), raw terms of one model and their sum over a hub (FORMULAS section 3).

    cls     mean_i softmax_c(x_i mu_c - 1/2 |mu_c|^2 + ln pi_c)[y_i]
    energy  mean_i logsumexp(logits_i)
            compat "published": of the features, the mean of the floor(5n/1000) lowest samples
    etran_regression = - mean over the n x t entries of (b - U U^T b)^2, U of diag(w)^(1/2) X,
                       uncentred, the s_j > max(n, d) epsilon s_1; b not centred either
    total = 0.85 minmax(cls) + 0.15 minmax(energy) over the models

cls is the posterior of the nearest class mean: the term -1/2 |x_i|^2 is the sample's alone.
One class: cls = 1. Constant features: cls = sum_c pi_c^2. Below n = 200 the published energy
averages nothing: 0. Features that are all 0: the regression is -mean b^2.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from . import posteriors, weighting
from .disco import hub_minmax
from .energy import energy
from .spectrum import EPSILON


class Etran(NamedTuple):
    cls: float
    energy: float


def lowest_energy(features, weights=None):
    """The mean of the lowest floor(5n/1000), copies of a sample counted one by one."""
    w, rows = weighting.expand(weights, np.asarray(features, dtype=np.float64))
    values = logsumexp(rows, axis=1)
    wanted = room = float(np.floor(5 * w.sum() / 1000))
    total = 0.0
    for i in np.argsort(values):
        copies = min(w[i], room)
        total += copies * values[i]
        room -= copies
    return total / wanted if wanted > 0 else 0.0


def etran(features, labels, logits=None, *, num_classes, compat=None, weights=None):
    """The logits are needed unless compat is "published"."""
    if compat not in (None, "published"):
        raise ValueError(compat)
    w, rows, own = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    p = posteriors.own_probabilities(w, rows, own, num_classes)
    by_logits = energy(logits, weights=weights) if compat is None else None
    lowest = lowest_energy(features, weights) if compat == "published" else by_logits
    return Etran(float(w @ p / w.sum()), float(lowest))


def etran_regression(features, targets, *, weights=None, epsilon=EPSILON):
    targets = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
    w, rows, b = weighting.expand(weights, np.asarray(features, dtype=np.float64), targets)
    root = np.sqrt(w)[:, None]
    left, values, _ = np.linalg.svd(root * rows, full_matrices=False)
    left = left[:, values > max(rows.shape) * epsilon * values[0]]
    residual = root * b - left @ (left.T @ (root * b))
    return float(-np.sum(residual**2) / (w.sum() * b.shape[1]))


def etran_scores(cls, energy, where=None):
    """(models,) scores of a hub."""
    return 0.85 * hub_minmax(cls, where) + 0.15 * hub_minmax(energy, where)
