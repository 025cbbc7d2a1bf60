"""Leave-one-out accuracy of LDA, by refitting without each sample in turn (FORMULAS section 2).

    W = sum_j w_j v_j v_j^T + rho I,  v_j = x_j - mu_{y_j},  rho = 1e-3 tr(sum v v^T)/d of all
    samples, fixed; without sample i: W, n and every mean from the others (rho stays)
    logit_k(i) = -(n-1)/2 (x_i - mu_k)^T W^-1 (x_i - mu_k) + ln pi_k,  pi_k = n_k/n of all samples

One copy of a sample is left out; n-1 is what remains. The only sample of a class counts as wrong.
Where no class has any spread (rho = 0, up to rounding) W = I. One class: right, with company.
"""

import numpy as np
import threadpoolctl

from . import posteriors, weighting


def within(w, rows, labels):
    """sum_j w_j v_j v_j^T."""
    return posteriors.scatter(w, rows, labels, np.unique(labels)) * w.sum()


@threadpoolctl.threadpool_limits.wrap(limits=1)  # threads only wait for small matrices
def logits(w, rows, labels, num_classes, rho=None):
    """(n, C) logits of every sample without itself; -inf for a class of which nothing is left."""
    d = rows.shape[1]
    flat = rho is None and posteriors.no_spread(w, rows, labels)
    if rho is None:
        rho = 1e-3 * np.trace(within(w, rows, labels)) / d
    log_priors = np.full(num_classes, -np.inf)
    present = np.unique(labels)
    log_priors[present] = np.log(weighting.priors(w, labels, num_classes)[present])
    found = np.full((len(rows), num_classes), -np.inf)
    for i, x in enumerate(rows):
        others = np.copy(w)
        others[i] -= min(w[i], 1.0)
        kept = others > 0
        if not kept.any():
            continue
        rest = others[kept], rows[kept], labels[kept]
        matrix = np.eye(d) if flat else within(*rest) + rho * np.eye(d)
        means = weighting.class_means(*rest, num_classes)
        left = np.unique(labels[kept])
        away = x - means[left]
        distances = np.sum(away * np.linalg.solve(matrix, away.T).T, axis=1)
        found[i, left] = -others.sum() / 2 * distances + log_priors[left]
    return found


def lda_loo(features, labels, *, num_classes, rho=None, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    found = logits(w, rows, labels, num_classes, rho)
    alone = np.isneginf(found[np.arange(len(rows)), labels])
    return float(w @ ((found.argmax(axis=1) == labels) & ~alone) / w.sum())
