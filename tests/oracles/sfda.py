"""SFDA (ECCV 2022): Fisher discriminant, refitted after the samples moved (FORMULAS section 3).

    Sw = sum_c pi_c cov_c (d x d);  lam = |Sw^7 1|/|Sw^6 1|;  a = max(exp(-5 lam), 1e-10)
    S = (1-a) Sw + a tr(Sw)/d I
    logits = X S^-1 M^T - 1/2 diag(M S^-1 M^T) + ln pi,  M the C class means;  p = softmax(logits)

    p_i = softmax(p)[i, y_i];  x_i <- p_i x_i + (1 - p_i) (mean of the other C-1 class means)
    S and M again from the moved samples, with the same a;  score = mean p[i, y_i]

C counts the classes that are present. One class: nothing moves, and the score is 1.
No spread within the classes (up to rounding): S = I both times; so for constant features p = pi.
The logits are shift-invariant up to a term of the sample, which lets X be centred first.
"""

import numpy as np
from scipy.special import softmax

from . import posteriors, weighting


def largest(within):
    """lam, by six steps from the row sums."""
    vector, size = within.sum(axis=1), 0.0
    for _ in range(6):
        length = np.linalg.norm(vector)
        if length == 0:
            return 0.0
        vector = within @ (vector / length)
        size = np.linalg.norm(vector)
    return size


def shrinkage(within):
    """a."""
    return max(np.exp(-5 * largest(within)), 1e-10)


def discriminant(w, rows, own, a, flat):
    """(n, C) softmax of the logits and (C, d) class means; own in 0..C-1 without gaps."""
    d, classes = rows.shape[1], np.unique(own)
    within = posteriors.scatter(w, rows, own, classes)
    matrix = np.eye(d) if flat else (1 - a) * within + a * np.trace(within) / d * np.eye(d)
    means = weighting.class_means(w, rows, own, len(classes))
    directions = np.linalg.solve(matrix, means.T)
    lengths = np.sum(means * directions.T, axis=1)
    log_priors = np.log(weighting.priors(w, own, len(classes)))
    return softmax(rows @ directions - lengths / 2 + log_priors, axis=1), means


def sfda(features, labels, *, num_classes, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    rows = rows - weighting.mean(w, rows)
    classes, own = np.unique(labels, return_inverse=True)
    if len(classes) == 1:
        return 1.0
    flat = posteriors.no_spread(w, rows, own)
    a = shrinkage(posteriors.scatter(w, rows, own, range(len(classes))))
    p, means = discriminant(w, rows, own, a, flat)
    certainty = softmax(p, axis=1)[np.arange(len(rows)), own, None]
    elsewhere = (means.sum(axis=0) - means[own]) / (len(classes) - 1)
    moved = certainty * rows + (1 - certainty) * elsewhere
    p, _ = discriminant(w, moved, own, a, flat)
    return float(w @ p[np.arange(len(rows)), own] / w.sum())
