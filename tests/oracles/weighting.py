"""What a sample weight means: weight 2 is a sample that is there twice, 0 one that is not there.

Integer weights (masks too) are taken literally, by repeating rows; every row then weighs 1. Other
weights cannot be, so the rows of positive weight stay and carry their weight w_i into every sum; a
factorisation is then that of the rows sqrt(w_i) xc_i, whose Gram matrix is the weighted one.
Expanding twice changes nothing.
"""

import numpy as np


def expand(weights, *arrays):
    """(w, *arrays) with the rows as the formulas count them: n = len(w), total weight = w.sum()."""
    arrays = [np.asarray(array) for array in arrays]
    if weights is None:
        weights = np.ones(len(arrays[0]))
    weights = np.asarray(weights, dtype=np.float64)
    if np.all(weights == np.round(weights)):
        repeats = weights.astype(int)
        return np.ones(repeats.sum()), *(np.repeat(array, repeats, axis=0) for array in arrays)
    present = weights > 0
    return weights[present], *(array[present] for array in arrays)


def mean(w, rows):
    """sum_i w_i x_i / sum_i w_i, taken around the first row: the mean of equal rows is exact."""
    rows = np.asarray(rows, dtype=np.float64)
    return rows[0] + w @ (rows - rows[0]) / w.sum()


def class_means(w, rows, labels, num_classes):
    """(C, d) means of the classes; that of an absent class is NaN, so using it shows."""
    means = np.full((num_classes, rows.shape[1]), np.nan)
    for c in np.unique(labels):
        means[c] = mean(w[labels == c], rows[labels == c])
    return means


def priors(w, labels, num_classes):
    """pi_c = n_c / n by weight; 0 for an absent class."""
    return np.array([w[labels == c].sum() for c in range(num_classes)]) / w.sum()
