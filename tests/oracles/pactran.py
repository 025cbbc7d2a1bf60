"""PACTran on the source head's outputs (ECCV 2022); signs turned, so higher is better (section 3).

P = softmax(logits) (n x Z); for mixture responsibilities hand over their logarithms.
a_y = alpha n_y/n + 1e-10, L = ln(P + 1e-10), q = P; ten rounds of

    A_yz = a_y + sum_{y_i = y} w_i q_iz
    q_iz proportional to exp(L_iz + psi(A_{y_i z}) - psi(sum_y A_yz)), every row of sum 1
    (Gamma: without the second psi)

    pactran_dirichlet = 1/(nC) {sum_z [lnG(alpha) - sum_y lnG(a_y) - lnG(sum_y A_yz)
                        + sum_y lnG(A_yz)] - sum_iz w_i q_iz (ln q_iz - L_iz)}
    pactran_gamma = -1 - 1/(nC) {sum_yz [lnG(a_y) - lnG(A_yz)]
                    + sum_i w_i [sum_z q_iz (ln q_iz - L_iz) + ln l_i - 1]}
                    l_i = sum_z P_iz sum_y A_yz

with the A and q of the last round. n = sum w; C counts the classes that are present. One class:
pactran_dirichlet is 0, but for the 1e-10.
"""

import numpy as np
from scipy.special import digamma, gammaln, softmax, xlogy

from . import weighting

TINY = 1e-10


def rounds(w, p, own, a, second_psi):
    """(A (C, Z), q (n, Z)) after ten rounds."""
    log_p, q = np.log(p + TINY), p
    for _ in range(10):
        table = np.array([a[c] + w[own == c] @ q[own == c] for c in range(len(a))])
        scores = digamma(table)
        if second_psi:
            scores = scores - digamma(table.sum(axis=0))
        q = softmax(log_p + scores[own], axis=1)
    return table, q


def pactran_table(logits, labels, alpha, weights, second_psi):
    """What both forms share: w, P, a, A, and sum_z q_iz (ln q_iz - L_iz) of every sample."""
    w, logits, labels = weighting.expand(weights, np.asarray(logits, dtype=np.float64), labels)
    p, (classes, own) = softmax(logits, axis=1), np.unique(labels, return_inverse=True)
    a = np.array([alpha * w[labels == c].sum() / w.sum() for c in classes]) + TINY
    table, q = rounds(w, p, own, a, second_psi)
    return w, p, a, table, np.sum(xlogy(q, q) - q * np.log(p + TINY), axis=1)


def pactran_dirichlet(logits, labels, *, num_classes, alpha=1.0, weights=None):
    w, _, a, table, divergence = pactran_table(logits, labels, alpha, weights, True)
    columns = gammaln(alpha) - np.sum(gammaln(a)) - gammaln(table.sum(axis=0))
    inside = np.sum(columns + np.sum(gammaln(table), axis=0)) - w @ divergence
    return float(inside / (w.sum() * len(a)))


def pactran_gamma(logits, labels, *, num_classes, alpha=1.0, weights=None):
    w, p, a, table, divergence = pactran_table(logits, labels, alpha, weights, False)
    rates = np.log(p @ table.sum(axis=0))
    inside = np.sum(gammaln(a)[:, None] - gammaln(table)) + w @ (divergence + rates - 1)
    return float(-1 - inside / (w.sum() * len(a)))
