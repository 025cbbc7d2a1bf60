"""OTCE: exact transport of source to target features, and the entropy it leaves (section 4).

    pi (m x n) minimises W = sum_ij pi_ij |s_i - x_j|^2, rows of sum 1/m, columns of sum 1/n
    J_st = sum of pi_ij over y^s_i = s, y_j = t;  CE = H(Y_t|Y_s) = -sum J ln(J/sum_t J)
    otce: (-CE, W, CE); W is unique, pi and with it CE only where no two couplings cost the same

Sample weights (source and target) replace the uniform ones. One target class: CE = 0.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment, linprog
from scipy.sparse import csr_array, eye_array, kron
from scipy.special import xlogy

from .leep import conditional


class Otce(NamedTuple):
    score: float  # -CE
    transport: float  # W
    entropy: float  # CE


def shares(weights, n):
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    return w / w.sum()


def coupling(cost, source, target):
    """(m, n) the pi of least cost with the marginals source (m,) and target (n,)."""
    m, n = cost.shape
    if m == n and np.ptp(source) == np.ptp(target) == 0:
        pi = np.zeros((m, n))
        pi[linear_sum_assignment(cost)] = 1 / n
        return pi
    sums = [kron(eye_array(m), csr_array(np.ones((1, n)))), kron(np.ones((1, m)), eye_array(n))]
    rows = [matrix.toarray() for matrix in sums]
    found = linprog(cost.ravel(), A_eq=np.vstack(rows), b_eq=np.concatenate([source, target]))
    return found.x.reshape(m, n)


def otce(features, labels, source_features, source_labels, *, weights=None, source_weights=None):
    target, source = (np.asarray(x, dtype=np.float64) for x in (features, source_features))
    cost = np.sum((source[:, None] - target) ** 2, axis=2)
    marginals = shares(source_weights, len(source)), shares(weights, len(target))
    pi = coupling(cost, *marginals)
    from_class = np.asarray(source_labels)[:, None] == np.unique(source_labels)
    to_class = np.asarray(labels)[:, None] == np.unique(labels)
    joint = to_class.T.astype(float) @ pi.T @ from_class  # (target, source)
    entropy = float(-np.sum(xlogy(joint, conditional(joint))))
    return Otce(-entropy, float(np.sum(pi * cost)), entropy)
