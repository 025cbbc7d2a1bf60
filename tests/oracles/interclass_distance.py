"""INT (arXiv 2502.06925): mean distance between samples of two classes (FORMULAS section 4).

INT = 2/(C(C-1)) sum_{a<b} mean_{i in a, j in b} |x_i - x_j|, over the classes that are present

The means are weighted by w_i w_j. One class: 0.
"""

import numpy as np

from . import weighting


def interclass_distance(features, labels, *, num_classes, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    classes, means = np.unique(labels), []
    for number, a in enumerate(classes):
        for b in classes[number + 1 :]:
            first, second = labels == a, labels == b
            distances = np.linalg.norm(rows[first][:, None] - rows[second], axis=2)
            means.append(w[first] @ distances @ w[second] / w[first].sum() / w[second].sum())
    return float(np.mean(means)) if means else 0.0
