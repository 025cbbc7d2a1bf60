"""Posterior of a sample's own class, in sample or without the sample itself in its class mean.

    logit_c(i) = -1/2 (z_i - mu_c)^T L_c^-1 (z_i - mu_c) - 1/2 log|L_c| + log pi_c
    p_i = softmax over c of the logits, at c = y_i

An absent class has pi_c = 0 and never wins. Leave-one-out replaces mu_{y_i} by the mean of the
class without sample i (one copy of it: a sample of weight w > 1 keeps the weight w - 1); the other
means, L and the priors stay. Where nothing is left of the class p_i = 0.

Covariances of z in m dimensions, v_i = z_i - mu_{y_i}, a = shrinkage:
    identity   L = I
    shared     L = (1-a) Sw + a tr(Sw)/m I,       Sw = sum_i v_i v_i^T / n
    per_class  L_c = (1-a) S_c + a tr(Sw)/m I,    S_c = sum_{y_i = c} v_i v_i^T / n_c
Where tr(Sw) = 0 (up to rounding) L = I in each of them.
"""

import numpy as np
from scipy.special import logsumexp

from . import weighting


def scatter(w, z, labels, classes):
    """sum_{c in classes} sum_{y_i = c} w_i v_i v_i^T / the sum of these w_i."""
    total, weight = np.zeros((z.shape[1], z.shape[1])), 0.0
    for c in classes:
        own = labels == c
        deviations = z[own] - weighting.mean(w[own], z[own])
        total += (w[own, None] * deviations).T @ deviations
        weight += w[own].sum()
    return total / weight


def no_spread(w, z, labels):
    """Whether tr(Sw) = 0, up to the rounding of float64."""
    around = scatter(w, z, np.zeros(len(z), dtype=int), [0])
    rounding = (max(z.shape) * np.finfo(np.float64).eps) ** 2 * np.trace(around)
    return np.trace(scatter(w, z, labels, np.unique(labels))) <= rounding


def covariances(w, z, labels, covariance, shrinkage):
    """{class: L_c} of the classes that are present; None stands for the identity."""
    classes = np.unique(labels)
    if covariance == "identity" or no_spread(w, z, labels):
        return dict.fromkeys(classes)
    m = z.shape[1]
    within = scatter(w, z, labels, classes)
    ridge = shrinkage * np.trace(within) / m * np.eye(m)
    if covariance == "shared":
        return dict.fromkeys(classes, (1 - shrinkage) * within + ridge)
    if covariance == "per_class":
        return {c: (1 - shrinkage) * scatter(w, z, labels, [c]) + ridge for c in classes}
    raise ValueError(covariance)


def log_densities(z, mean, covariance):
    """-1/2 (z_i - mean)^T L^-1 (z_i - mean) - 1/2 log|L| of every row."""
    deviations = z - mean
    if covariance is None:
        return -0.5 * np.sum(deviations**2, axis=1)
    distances = np.sum(deviations * np.linalg.solve(covariance, deviations.T).T, axis=1)
    return -0.5 * distances - 0.5 * np.linalg.slogdet(covariance)[1]


def own_probabilities(
    w, z, labels, num_classes, *, covariance="identity", shrinkage=0.1, leave_one_out=False
):
    """(n,) p_i of every sample's own class."""
    means = weighting.class_means(w, z, labels, num_classes)
    priors = weighting.priors(w, labels, num_classes)
    spreads = covariances(w, z, labels, covariance, shrinkage)
    logits = np.full((len(z), num_classes), -np.inf)
    for c in np.unique(labels):
        logits[:, c] = log_densities(z, means[c], spreads[c]) + np.log(priors[c])
    alone = np.zeros(len(z), dtype=bool)
    if leave_one_out:
        for i, c in enumerate(labels):
            others = np.where(labels == c, w, 0.0)
            others[i] -= min(w[i], 1.0)
            left = others > 0
            if left.any():
                mean = weighting.mean(others[left], z[left])
                logits[i, c] = log_densities(z[[i]], mean, spreads[c])[0] + np.log(priors[c])
            alone[i] = not left.any()
    own = logits[np.arange(len(z)), labels] - logsumexp(logits, axis=1)
    return np.where(alone, 0.0, np.exp(own))
