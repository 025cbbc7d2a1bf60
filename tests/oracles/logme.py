"""LogME (ICML 2021; JMLR 2022), FORMULAS section 2: by SVD of the features as they are, uncentred.

One column t of the targets, or of the one-hot labels of a class that is present; n = sum w,
X = diag(w)^(1/2) features = U S V^T, t times w^(1/2) too; sig = s^2, z_j = (u_j^T t)^2 of the
s_j > max(n, d) eps s_1, r0 = |t|^2 - sum z. From alpha = beta = 1, for every column anew:

    tau = alpha/beta;  gamma = sum sig/(sig + tau)
    m2 = sum sig z/(tau + sig)^2;  res = sum z/(1 + sig/tau)^2 + r0
    alpha = gamma/(m2 + 1e-5);  beta = (n - gamma)/(res + 1e-5)

until |alpha/beta - tau| <= 1e-3 tau, eleven rounds at most; m2 and res stay those of the last tau.

    evidence = [d/2 ln alpha + n/2 ln beta - 1/2 sum_{j<=d} ln(alpha + beta sig_j)
                - beta/2 res - alpha/2 m2 - n/2 ln 2 pi] / n;    LogME = mean over the columns

compat "published" sums ln(alpha + beta sig_j) over j <= min(n, d) only; "icml2021" stops at
< 1e-2 tau and has m2 + 1e-5 and res + 1e-5 in the evidence too.
Features all 0: alpha = 0; the first and the third term, which cancel as alpha -> 0, are left out.
"""

from typing import NamedTuple

import numpy as np

from . import weighting

EPSILON = float(np.finfo(np.float64).eps)


class Evidence(NamedTuple):
    evidence: float
    alpha: float
    beta: float
    tau: float  # alpha/beta of the round before, which gave m2 and res


def column_evidence(n, d, size, sig, z, r0, compat=None, rounds=11):
    """The evidence of one column; size = min(n, d), n there the number of rows; sig, z the rank."""
    alpha = beta = tau = 1.0
    m2 = res = 0.0
    for _ in range(rounds):
        tau = alpha / beta
        gamma = np.sum(sig / (sig + tau))
        remainder = (n - len(sig)) + np.sum(tau / (sig + tau))  # n - gamma without cancellation
        m2 = np.sum(sig * z / (tau + sig) ** 2)
        res = np.sum(z * (tau / (tau + sig)) ** 2) + r0
        alpha, beta = gamma / (m2 + 1e-5), remainder / (res + 1e-5)
        change = abs(alpha / beta - tau)
        if change < 1e-2 * tau if compat == "icml2021" else change <= 1e-3 * tau:
            break
    determinant = 0.0
    if alpha > 0:
        every = np.zeros(size if compat == "published" else d)
        every[: len(sig)] = sig
        determinant = d / 2 * np.log(alpha) - np.sum(np.log(alpha + beta * every)) / 2
    added = 1e-5 if compat == "icml2021" else 0.0
    fit = beta / 2 * (res + added) + alpha / 2 * (m2 + added)
    total = determinant + n / 2 * np.log(beta) - fit - n / 2 * np.log(2 * np.pi)
    return Evidence(total / n, alpha, beta, tau)


def columns(features, targets, *, compat=None, weights=None, epsilon=EPSILON):
    """The `Evidence` of every column of the targets (n, t)."""
    if compat not in (None, "published", "icml2021"):
        raise ValueError(compat)
    rows, targets = np.asarray(features, np.float64), np.asarray(targets, np.float64)
    w, rows, targets = weighting.expand(weights, rows, targets)
    n, d, root = w.sum(), rows.shape[1], np.sqrt(w)[:, None]
    left, values, _ = np.linalg.svd(root * rows, full_matrices=False)
    rank = int(np.sum(values > max(rows.shape) * epsilon * values[0]))
    results = []
    for t in (root * targets).T:
        along = left[:, :rank].T @ t
        beyond = np.sum((t - left[:, :rank] @ along) ** 2)
        sig = values[:rank] ** 2
        results.append(column_evidence(n, d, len(values), sig, along**2, beyond, compat))
    return results


def logme(
    features,
    labels=None,
    targets=None,
    *,
    num_classes=None,
    compat=None,
    weights=None,
    epsilon=EPSILON,
):
    """Of labels (n,) in 0..num_classes-1, or of real targets (n,) or (n, t)."""
    if targets is None:
        _, present = weighting.expand(weights, labels)
        one_hot = np.asarray(labels)[:, None] == np.arange(num_classes)
        targets = one_hot[:, np.unique(present)].astype(np.float64)
    targets = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
    found = columns(features, targets, compat=compat, weights=weights, epsilon=epsilon)
    return float(np.mean([column.evidence for column in found]))
