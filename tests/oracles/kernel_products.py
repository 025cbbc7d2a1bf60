"""Inner products of centred linear kernels, all n x n numbers written out (FORMULAS sections 5, 7).

K = X' X'^T, L = Y' Y'^T with rows x'_i = w_i^(1/2) (x_i - mean);  <K, L> = sum_il K_il L_il
share of sample i: sum_l K_il L_il
kages: CKA(sum_s K_s, K_Y) = <sum_s K_s, K_Y>/(|sum_s K_s| |K_Y|), greedy
"""

import numpy as np

from . import weighting


def kernel(features, weights=None):
    """(n, n), of the rows that are there."""
    features = np.asarray(features, np.float64)
    w = np.ones(len(features)) if weights is None else np.asarray(weights, np.float64)
    there = w > 0
    rows = features[there] - weighting.mean(w[there], features[there])
    rows = np.sqrt(w[there])[:, None] * rows
    return rows @ rows.T


def shares(features, others, weights=None):
    """(n,), those of samples that are not there 0."""
    products = kernel(features, weights) * kernel(others, weights)
    w = np.ones(len(features)) if weights is None else np.asarray(weights, np.float64)
    found = np.zeros(len(w))
    found[w > 0] = products.sum(1)
    return found


def product(features, others, weights=None):
    return float(np.sum(kernel(features, weights) * kernel(others, weights)))


def alignment(members, answers, weights=None):
    """CKA of the sum of the kernels of `members` with that of `answers` (n, c)."""
    total = sum(kernel(each, weights) for each in members)
    target = kernel(answers, weights)
    size = np.linalg.norm(total) * np.linalg.norm(target)
    return float(np.sum(total * target) / size) if size > 0 else 0.0


def kages(features, answers, size):
    """(names in the order of choice, value after each), every candidate in full."""
    chosen, values = [], []
    for _ in range(size):
        members = [features[name] for name in chosen]
        left = {
            name: alignment([*members, x], answers)
            for name, x in features.items()
            if name not in chosen
        }
        chosen.append(min(left, key=lambda name: (-left[name], name)))
        values.append(left[chosen[-1]])
    return chosen, values
