"""TMI (ICCV 2023): entropy of the features within a class, and its plain stand-in (section 4).

    rho_i  max-norm distance of sample i to the k-th nearest other sample of its class
    h_c = psi(n_c) - psi(k) + d/n_c sum_{y_i = c} ln(2 max(rho_i, floor))
    tmi = sum_c pi_c h_c / sum_c pi_c, over the classes with n_c > k
    tmi_variance = sum_c pi_c tr(cov_c)

compat "published": floor 1, h_c = 0 for a class of one sample, and sum_c pi_c h_c divided by the
number of classes kept (those of one sample among them) instead.
No class of more than k samples: 0. Repeated samples are at distance 0. Only whole weights.
"""

import numpy as np
from scipy.special import digamma

from . import posteriors, weighting


def entropy(rows, k, floor):
    """h of the rows of one class."""
    logs = []
    for i, x in enumerate(rows):
        distances = np.max(np.abs(np.delete(rows, i, axis=0) - x), axis=1)
        logs.append(np.log(2 * max(np.sort(distances)[k - 1], floor)))
    return digamma(len(rows)) - digamma(k) + rows.shape[1] * np.mean(logs)


def tmi(features, labels, *, num_classes, k=3, floor=1e-10, compat=None, weights=None):
    if compat not in (None, "published"):
        raise ValueError(compat)
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    if np.any(w != 1):
        raise ValueError(weights)
    floor = 1.0 if compat == "published" else floor
    shares, entropies = [], []
    for own in (labels == c for c in np.unique(labels)):
        if own.sum() > k:
            shares.append(own.mean())
            entropies.append(entropy(rows[own], k, floor))
        elif own.sum() == 1 and compat == "published":
            shares.append(own.mean())
            entropies.append(0.0)
    if not shares:
        return 0.0
    divisor = len(shares) if compat == "published" else np.sum(shares)
    return float(np.dot(shares, entropies) / divisor)


def tmi_variance(features, labels, *, num_classes, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    return float(np.trace(posteriors.scatter(w, rows, labels, np.unique(labels))))
