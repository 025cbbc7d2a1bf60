"""Of each sample left out: is it predicted right, and how likely is its class (FORMULAS section 7).

    ridge   p(c) prop. to max(prediction_c, 1/n) over the classes that have samples; predictions by
            refitting. right: by the penalty that is right most often; likelihood: by that of the
            largest mean log-likelihood
    k-NN    p(c) = (neighbours of class c + n_c/n)/(neighbours + 1); right by majority vote

Weights are masks or whole numbers, of which one copy is left out; results by row, not by copy.
"""

import numpy as np

from . import knn as knn_oracle
from . import ridge_loo as ridge_oracle


def ridge(features, labels, *, num_classes, weights=None):
    """(right (n,), likelihood (n,)) of the rows of positive weight."""
    w = np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64)
    there = w > 0
    w, rows, y = w[there], np.asarray(features, np.float64)[there], labels[there]
    one_hot = (y[:, None] == np.arange(num_classes)).astype(np.float64)
    guesses = ridge_oracle.predictions(w, rows, one_hot, ridge_oracle.penalties(w, rows))
    right = guesses.argmax(2) == y
    known = np.isin(np.arange(num_classes), y)
    floored = np.where(known, np.maximum(guesses, 1 / w.sum()), 0)
    p = floored[:, np.arange(len(y)), y] / floored.sum(2)
    return right[np.argmax(right @ w)], p[np.argmax(np.log(p) @ w)]


def knn(features, labels, *, num_classes, k=5, weights=None):
    """The same by neighbours."""
    rows = np.asarray(features, np.float64)
    w = np.ones(len(rows)) if weights is None else np.asarray(weights, np.float64)
    right, p = [], []
    for i in np.flatnonzero(w > 0):
        found = knn_oracle.neighbours(rows, w, i, k, "euclidean")
        right.append(knn_oracle.vote(found, labels) == labels[i])
        own = sum(copies for j, copies in found if labels[j] == labels[i])
        prior = w[labels == labels[i]].sum() / w.sum()
        p.append((own + prior) / (sum(copies for _, copies in found) + 1))
    return np.array(right), np.array(p)
