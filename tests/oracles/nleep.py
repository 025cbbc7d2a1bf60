"""N-LEEP (CVPR 2021): LEEP with the responsibilities of a Gaussian mixture as P (section 3).

    nleep = mean_i ln sum_k p(y_i|k) R_ik;  compat "published": the mean without the logarithm

The mixture, piece by piece (K-means starts differ, so only pieces can be compared):
    pca_scores      Xc V, the fewest components whose share of the variance exceeds 0.8; at least 1
    num_components  K = min(5C, floor(n/5)), at least 1; C counts the classes that are present
    mixture         R after rounds of  pi_k = n_k/n, mu_k, S_k = sum_i w_i R_ik v v^T/n_k + 1e-6 I,
                    R_ik proportional to pi_k N(x_i; mu_k, S_k),  from a given R
"""

import numpy as np
from scipy.special import softmax
from scipy.stats import multivariate_normal

from . import weighting
from .leep import own_probabilities
from .spectrum import spectrum


def nleep(responsibilities, labels, *, num_classes, compat=None, weights=None):
    if compat not in (None, "published"):
        raise ValueError(compat)
    r = np.asarray(responsibilities, dtype=np.float64)
    w, r, labels = weighting.expand(weights, r, labels)
    own = own_probabilities(w, r, labels)
    return float(w @ (own if compat == "published" else np.log(own)) / w.sum())


def pca_scores(features, *, share=0.8, weights=None):
    """(n, m) of every row that was handed over."""
    s = spectrum(features, weights=weights)
    variances = s.singular_values**2
    if variances[0] == 0:
        return s.coordinates[:, :1]
    shares = np.cumsum(variances) / variances.sum()
    return s.coordinates[:, : int(np.argmax(shares > share)) + 1]


def num_components(labels, *, weights=None):
    w, labels = weighting.expand(weights, labels)
    return int(max(min(5 * len(np.unique(labels)), w.sum() // 5), 1))


def mixture(rows, responsibilities, rounds, *, weights=None):
    """(n, K) responsibilities; a component without mass keeps none."""
    r = np.asarray(responsibilities, dtype=np.float64)
    w, rows, r = weighting.expand(weights, np.asarray(rows, dtype=np.float64), r)
    for _ in range(rounds):
        logs = np.full(r.shape, -np.inf)
        for k in np.flatnonzero(w @ r):
            mass = w * r[:, k]
            mean = mass @ rows / mass.sum()
            away = rows - mean
            covariance = away.T @ (mass[:, None] * away) / mass.sum() + 1e-6 * np.eye(len(mean))
            density = multivariate_normal(mean, covariance)
            logs[:, k] = np.log(mass.sum() / w.sum()) + density.logpdf(rows)
        r = softmax(logs, axis=1)
    return r
