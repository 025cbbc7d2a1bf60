"""H-score and its shrunk form (FORMULAS section 2): between-class over total scatter.

    Xc = diag(w)^(1/2) (X - mu)  (n x d);  St = Xc^T Xc;  Sb = sum_c n_c (mu_c-mu)(mu_c-mu)^T
    h_score = tr(St^+ Sb),  the pseudo-inverse on the s_j > max(n, d) epsilon s_1 of Xc

    Ledoit-Wolf  S = St/n;  m = tr S/d;  d2 = (||S||_F^2 - 2 m tr S + d m^2)/d
                 b2 = (sum_i w_i |x_i - mu|^4/n - ||S||_F^2)/(d n);  a = min(b2, d2)/d2
                 S_a = (1-a) S + a m I
    h_score_shrunk = tr(S_a^+ (1-a) Sb/(n-1))

n = sum w. One class, or constant features: 0. h_score is C-1 for n <= d + 1 and full rank.
S = m I (d = 1 too) has d2 = 0, where a = 1, the limit of d2 -> 0: the shrunk score is 0.
S_a is singular only at a = 0 (all |x_i - mu| equal and on one line), hence its pseudo-inverse.
"""

from typing import NamedTuple

import numpy as np

from . import weighting
from .spectrum import EPSILON


class Shrinkage(NamedTuple):
    a: float
    covariance: np.ndarray  # (d, d), S_a


def between(w, rows, labels):
    """(C, d) n_c^(1/2) (mu_c - mu) of the classes that are present; their Gram matrix is Sb."""
    mu = weighting.mean(w, rows)
    members = [labels == c for c in np.unique(labels)]
    return np.array(
        [np.sqrt(w[own].sum()) * (weighting.mean(w[own], rows[own]) - mu) for own in members]
    )


def h_score(features, labels, *, num_classes, weights=None, epsilon=EPSILON):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    centred = np.sqrt(w)[:, None] * (rows - weighting.mean(w, rows))
    inverse = np.linalg.pinv(centred, rcond=max(rows.shape) * epsilon)  # St^+ = inverse inverse^T
    return float(np.sum((between(w, rows, labels) @ inverse) ** 2))


def ledoit_wolf(w, rows):
    n, d = w.sum(), rows.shape[1]
    deviations = rows - weighting.mean(w, rows)
    covariance = deviations.T @ np.diag(w) @ deviations / n
    m, square = np.trace(covariance) / d, np.sum(covariance**2)
    d2 = (square - 2 * m * np.trace(covariance) + d * m**2) / d
    b2 = (w @ np.sum(deviations**2, axis=1) ** 2 / n - square) / (d * n)
    a = 1.0 if b2 >= d2 else max(b2, 0.0) / d2
    return Shrinkage(float(a), (1 - a) * covariance + a * m * np.eye(d))


def h_score_shrunk(features, labels, *, num_classes, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    a, covariance = ledoit_wolf(w, rows)
    if w.sum() <= 1:
        return 0.0
    means = between(w, rows, labels)
    spread = (1 - a) * means.T @ means / (w.sum() - 1)
    return float(np.trace(np.linalg.pinv(covariance, hermitian=True) @ spread))
