"""Leave-one-out of a linear probe, by refitting without each sample in turn (FORMULAS section 2).

    minimise sum_{j != i} w_j |y_j - b - W^T x_j|^2 + lam |W|^2;  prediction of i: b + W^T x_i
    lam = s_1^2 10^k, k = -6 .. 1, s_1 the largest singular value of the centred features of all

    ridge_loo             accuracy of the argmax (the first of equals), Y one-hot labels
    ridge_loo_regression  R^2 = 1 - SSE/SST over all targets together, SST around their mean
    each the best over lam

The intercept b is free. One copy of a sample is left out: w_i - min(w_i, 1) of it stays.
No other sample: wrong. Constant features: W = 0, so the mean of the others, the majority.
Targets without spread, or a single sample: R^2 = 0.
"""

import numpy as np
import threadpoolctl

from . import weighting

POWERS = range(-6, 2)


def penalties(w, rows):
    """(8,) lam, from all samples."""
    centred = np.sqrt(w)[:, None] * (rows - weighting.mean(w, rows))
    return np.linalg.norm(centred, 2) ** 2 * 10.0 ** np.array(POWERS)


@threadpoolctl.threadpool_limits.wrap(limits=1)  # threads only wait for small matrices
def predictions(w, rows, targets, lams):
    """(lams, n, t) what the fit without the sample says of it; NaN without another sample."""
    guesses = np.full((len(lams), *targets.shape), np.nan)
    for i in range(len(rows)):
        others = np.copy(w)
        others[i] -= min(w[i], 1.0)
        kept = others > 0
        if not kept.any():
            continue
        others, x, y = others[kept], rows[kept], targets[kept]
        mean_x, mean_y = weighting.mean(others, x), weighting.mean(others, y)
        weighted = (others[:, None] * (x - mean_x)).T
        gram, cross = weighted @ (x - mean_x), weighted @ (y - mean_y)
        for number, lam in enumerate(lams):
            guesses[number, i] = mean_y
            if lam > 0:  # not constant features
                slope = np.linalg.solve(gram + lam * np.eye(len(gram)), cross)
                guesses[number, i] += (rows[i] - mean_x) @ slope
    return guesses


def ridge_loo(features, labels, *, num_classes, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    if len(rows) == 1 and w[0] <= 1:
        return 0.0
    one_hot = (labels[:, None] == np.arange(num_classes)).astype(np.float64)
    guesses = predictions(w, rows, one_hot, penalties(w, rows))
    return float(max(w @ (g.argmax(axis=1) == labels) for g in guesses) / w.sum())


def ridge_loo_regression(features, targets, *, weights=None):
    targets = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
    w, rows, targets = weighting.expand(weights, np.asarray(features, np.float64), targets)
    total = w @ np.sum((targets - weighting.mean(w, targets)) ** 2, axis=1)
    if total == 0:
        return 0.0
    guesses = predictions(w, rows, targets, penalties(w, rows))
    return float(1 - min(w @ np.sum((targets - g) ** 2, axis=1) for g in guesses) / total)
