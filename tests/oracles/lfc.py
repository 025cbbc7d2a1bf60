"""LFC: the correlation of two n x n matrices, X X^T and +1/-1 for same/other class (section 2).

    <A, B> = sum_ij w_i w_j A_ij B_ij;  Tf = X X^T (X as it is), Ty_ij = +1 if y_i = y_j else -1
    LFC = <Tf - mean, Ty - mean> / (|Tf - mean| |Ty - mean|),  mean = <T, 1>/<1, 1>

One class, or features with the same Tf_ij everywhere (up to rounding): 0.
"""

import numpy as np

from . import weighting


def lfc(features, labels, *, num_classes, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    pairs = np.outer(w, w)
    matrices = rows @ rows.T, np.where(labels[:, None] == labels, 1.0, -1.0)
    centred, sizes = [], []
    for matrix in matrices:
        centred.append(matrix - np.sum(pairs * matrix) / pairs.sum())
        sizes.append(np.sqrt(np.sum(pairs * centred[-1] ** 2)))
        rounding = rows.size * np.finfo(np.float64).eps * np.sqrt(np.sum(pairs * matrix**2))
        if sizes[-1] <= rounding:
            return 0.0
    return float(np.sum(pairs * centred[0] * centred[1]) / (sizes[0] * sizes[1]))
