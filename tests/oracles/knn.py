"""Leave-one-out k nearest neighbours (FORMULAS section 4), every distance in full.

    classification  sum_i w_i [vote of the neighbours of i = y_i] / n
    regression      R^2 = 1 - SSE/SST, both over all targets together:
                    SSE = sum_i w_i |t_i - mean t of the neighbours|^2
                    SST = sum_i w_i |t_i - mean t|^2

The neighbours of i are the k nearest of the other samples (all of them where they are fewer), the
earlier row first among equally distant ones. Majority vote; a tied vote goes to the tied class
whose nearest neighbour comes first. No other sample: wrong. Targets without spread: R^2 = 0.

A sample of weight w is there w times: it counts w times in the sums and votes w times in the
neighbourhoods of the others, as far as there is room among the k; its copies are never its own
neighbours. Other rows that happen to be equal are neighbours. A weight of 0.5 is half a vote.

metric "cosine": 1 - cosine; a row of zeros has the cosine 0 with every row.
"""

import numpy as np

from . import weighting


def distances(rows, i, metric):
    """(n,) from row i to every row."""
    if metric == "euclidean":
        return np.sqrt(np.sum((rows - rows[i]) ** 2, axis=1))
    if metric == "cosine":
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        units = rows / np.where(norms > 0, norms, 1.0)
        return 1 - np.sum(units * units[i], axis=1)
    raise ValueError(metric)


def neighbours(rows, w, i, k, metric):
    """[(row, how many of its copies)], nearest first, k copies in all."""
    found, room = [], float(k)
    for j in np.argsort(distances(rows, i, metric), kind="stable"):
        copies = min(w[j], room)
        if j != i and copies > 0:
            found.append((j, copies))
            room -= copies
    return found


def vote(found, labels):
    """The class of most copies; None without a neighbour."""
    votes = {}  # nearest class first
    for j, copies in found:
        votes[labels[j]] = votes.get(labels[j], 0.0) + copies
    return max(votes, key=votes.get) if votes else None  # the first of equals


def knn(features, labels=None, targets=None, *, k=5, metric="euclidean", weights=None):
    """Accuracy of labels (n,), or R^2 of real targets (n,) or (n, t)."""
    rows = np.asarray(features, dtype=np.float64)
    w = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=np.float64)
    counted = np.flatnonzero(w > 0)
    found = {i: neighbours(rows, w, i, k, metric) for i in counted}
    if targets is None:
        labels = np.asarray(labels)
        right = sum(w[i] for i in counted if vote(found[i], labels) == labels[i])
        return float(right / w.sum())
    targets = np.asarray(targets, dtype=np.float64).reshape(len(rows), -1)
    spread = np.sum((targets[counted] - weighting.mean(w[counted], targets[counted])) ** 2, axis=1)
    if w[counted] @ spread == 0:
        return 0.0
    error = 0.0
    for i in counted:
        copies = np.array([count for _, count in found[i]])
        mean = copies @ targets[[j for j, _ in found[i]]] / copies.sum()
        error += w[i] * np.sum((targets[i] - mean) ** 2)
    return float(1 - error / (w[counted] @ spread))
