"""Linear CKA of the features with the labels (FORMULAS section 2).

    Xc, Yc: features and one-hot labels minus their column means, rows times w_i^(1/2)
    K = Xc Xc^T, L = Yc Yc^T (n x n);  CKA = <K, L> / (|K|_F |L|_F) = |Xc^T Yc|^2/(...)

One class, or constant features: 0.
"""

import numpy as np

from . import weighting


def cka(features, labels, *, num_classes, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    one_hot = (labels[:, None] == np.arange(num_classes)).astype(np.float64)
    root = np.sqrt(w)[:, None]
    x, y = (root * (columns - weighting.mean(w, columns)) for columns in (rows, one_hot))
    kernel, target = x @ x.T, y @ y.T
    size = np.linalg.norm(kernel) * np.linalg.norm(target)
    return float(np.sum(kernel * target) / size) if size > 0 else 0.0
