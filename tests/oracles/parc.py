"""PARC (NeurIPS 2021): do alike features go with alike labels? (FORMULAS section 4).

    X with standardised columns (constant columns 0); pca: exact PCA scores in place of X, null
           ones 0, the entry of largest size of every column positive (Pearson sees the signs)
    f_ij = 1 - Pearson(row i, row j);  l_ij = [y_i != y_j]
           multi-label rows (n, t): l_ij = 1 - Pearson(label row i, label row j)
    PARC = 100 Spearman(f, l) over the n(n-1)/2 pairs i < j, average ranks of equal distances

Distances are taken to 12 decimals, so that equal ones are tied. A row without spread (d = 1) has
the correlation 0 with every row. All f or all l equal (one class, constant features, fewer than
three samples): 0. Only whole weights.
"""

import numpy as np
from scipy.stats import rankdata

from . import weighting
from .spectrum import spectrum


def without_mean(rows):
    return rows - weighting.mean(np.ones(rows.shape[1]), rows.T)[:, None]


def correlation_distances(rows):
    """(n(n-1)/2,) 1 - Pearson of every pair i < j."""
    centred = without_mean(rows)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    units = centred / np.where(norms > 0, norms, 1.0)
    correlations = [np.sum(units[i + 1 :] * units[i], axis=1) for i in range(len(rows))]
    return np.round(1 - np.concatenate(correlations), 12)


def spearman(a, b):
    """The Pearson correlation of the average ranks; 0 without spread."""
    a, b = (rankdata(values) - (len(values) + 1) / 2 for values in (a, b))
    size = np.sqrt(np.sum(a**2) * np.sum(b**2))
    return np.sum(a * b) / size if size > 0 else 0.0


def standardised(rows):
    w = np.ones(len(rows))
    centred = rows - weighting.mean(w, rows)
    deviations = np.sqrt(np.mean(centred**2, axis=0))
    return centred / np.where(deviations > 0, deviations, 1.0)


def parc(features, labels, *, num_classes, pca=None, weights=None):
    """Labels (n,), or (n, t) for the multi-label form; pca: the number of components."""
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    if np.any(w != 1):
        raise ValueError(weights)
    if pca is not None:
        s = spectrum(rows, components=pca)
        largest = np.take_along_axis(
            s.coordinates, np.argmax(np.abs(s.coordinates), axis=0)[None], axis=0
        )
        live = np.arange(s.basis.shape[1]) < s.rank()
        rows = np.where(live, s.coordinates * np.sign(largest), 0.0)
    if labels.ndim == 1:
        above = np.triu_indices(len(labels), 1)
        goal = (labels[:, None] != labels)[above].astype(np.float64)
    else:
        goal = correlation_distances(labels.astype(np.float64))
    return float(100 * spearman(correlation_distances(standardised(rows)), goal))
