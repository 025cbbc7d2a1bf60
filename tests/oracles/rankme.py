"""RankMe and stable rank: how many directions the features fill, without labels (section 2).

    rankme = exp(-sum_j p_j ln p_j), p = s/sum s, s the min(n, d) singular values of
             diag(w)^(1/2) X, uncentred; 0 ln 0 = 0
             compat "published": p + 1e-7 in place of p
    stable_rank = sum_j s_j^2/s_1^2, s the singular values of the centred features

Features that are all 0: rankme has p = 0, so 1. Constant features: a stable rank of 0.
"""

import numpy as np
from scipy.special import xlogy

from . import weighting
from .spectrum import spectrum


def rankme(features, *, compat=None, weights=None):
    if compat not in (None, "published"):
        raise ValueError(compat)
    w, rows = weighting.expand(weights, np.asarray(features, dtype=np.float64))
    values = np.linalg.svd(np.sqrt(w)[:, None] * rows, compute_uv=False)
    p = values / values.sum() if values.sum() > 0 else values
    if compat == "published":
        p = p + 1e-7
    return float(np.exp(-np.sum(xlogy(p, p))))


def stable_rank(features, *, weights=None):
    values = spectrum(features, weights=weights).singular_values
    return float(np.sum((values / values[0]) ** 2)) if values[0] > 0 else 0.0
