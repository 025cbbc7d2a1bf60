"""NCTI (ICCV 2023): three raw terms of a model, combined over a hub (FORMULAS section 3).

Z = Xc V (n x m), m = min(64, n, d), columns beyond the rank 0; M the means in Z of the C classes
that are present; Sw = sum_i w_i v_i v_i^T / n, v_i = z_i - mu_{y_i}; St = Z^T diag(w) Z / n;
a = max(exp(-sum_{j<=32} s_j^2/(n-1)), 1e-10), a = 1 at n <= 1.

    a > 1e-10   S = (1-a) Sw + a tr(Sw)/m I,  St shrunk alike with its own trace
    a = 1e-10   S = Sw, inverted on its range: columns divided by their within deviation, directions
                of scaled deviation <= 1e-4 dropped
    tr(Sw) = 0  (up to rounding) S = I, nothing dropped

    P = softmax(Z S^-1 M^T - 1/2 diag(M S^-1 M^T) + ln pi)
    ncc = mean P[i, y_i];  vc = ln sum_c ||P_c||_*,  P_c the rows of class c
    seli = ||T||_*,  T = Z (v_1 ... v_r) of the r = min(C-1, m) leading (St - S) v = e S v,
           v^T S v = 1; in the second branch r counts only e_j > 1e-8 e_1

A row of weight w enters a nuclear norm as w^(1/2) times itself.
Every S is given by W with W^T S W = I on its range and S^-1 = W W^T; then v_j = W r_j with r_j the
eigenvectors of W^T (St - S) W, that is the right singular vectors of F W, F^T F = St or St - Sw.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from . import posteriors, weighting
from .disco import hub_minmax
from .spectrum import EPSILON, spectrum

FLOOR = 1e-10


class Ncti(NamedTuple):
    ncc: float
    seli: float
    vc: float
    shrinkage: float  # a
    eigenvalues: np.ndarray  # (r,), e


def nuclear_norm(w, rows):
    return np.linalg.svd(np.sqrt(w)[:, None] * rows, compute_uv=False).sum()


def whitening(within, total_deviations, a):
    """W (m x r), from the rows (w_i/n)^(1/2) v_i."""
    if a > FLOOR:
        _, deviations, basis = np.linalg.svd(within, full_matrices=False)
        squares = deviations**2
        return basis.T / np.sqrt((1 - a) * squares + a * np.mean(squares))
    scale = np.linalg.norm(within, axis=0)
    moving = scale > len(within) * np.finfo(np.float64).eps * total_deviations  # not just rounding
    scaled = np.where(moving, within / np.where(moving, scale, 1.0), 0.0)
    _, deviations, basis = np.linalg.svd(scaled, full_matrices=False)
    kept = deviations > 1e-4
    return (basis[kept] / np.where(moving, scale, 1.0)).T / deviations[kept]


def ncti(features, labels, *, num_classes, weights=None, epsilon=EPSILON):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    n, s = w.sum(), spectrum(rows, components=64, weights=w)
    z = np.copy(s.coordinates)
    z[:, s.rank(epsilon) :] = 0.0
    m = z.shape[1]
    variance = np.sum(s.singular_values[:32] ** 2) / (n - 1) if n > 1 else 0.0
    a = max(np.exp(-variance), FLOOR)
    classes = np.unique(labels)
    means = weighting.class_means(w, z, labels, num_classes)[classes]
    log_priors = np.log(weighting.priors(w, labels, num_classes)[classes])
    own = np.searchsorted(classes, labels)
    total = np.sqrt(w / n)[:, None] * z  # F of St
    within = np.sqrt(w / n)[:, None] * (z - means[own])
    flat = posteriors.no_spread(w, z, labels)
    white = np.eye(m) if flat else whitening(within, np.linalg.norm(total, axis=0), a)

    lengths = np.sum((means @ white) ** 2, axis=1)
    p = softmax((z @ white) @ (means @ white).T - lengths / 2 + log_priors, axis=1)
    if flat or a > FLOOR:
        ridge = np.sqrt(a * np.sum(total**2) / m) * np.eye(m)
        _, values, right = np.linalg.svd(np.vstack([np.sqrt(1 - a) * total, ridge]) @ white)
        e, counted = values**2 - 1, np.ones(len(values), dtype=bool)
    else:
        _, values, right = np.linalg.svd(np.exp(log_priors / 2)[:, None] * means @ white)
        e = values**2
        counted = e > 1e-8 * e[0] if len(e) else np.zeros(0, dtype=bool)
    r = min(len(classes) - 1, int(counted.sum()))
    seli = nuclear_norm(w, z @ white @ right[:r].T)
    vc = np.log(sum(nuclear_norm(w[own == c], p[own == c]) for c in range(len(classes))))
    ncc = w @ p[np.arange(len(z)), own] / n
    return Ncti(float(ncc), float(seli), float(vc), float(a), e[:r])


def ncti_scores(ncc, seli, vc, where=None):
    """(models,) scores of a hub."""
    return hub_minmax(ncc, where) + hub_minmax(seli, where) - hub_minmax(vc, where)
