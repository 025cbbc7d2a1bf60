"""Centred thin SVD: diag(w)^(1/2) (X - 1 mu^T) = U S V^T, k = min(components, n, d) triplets.

n counts the rows of `weighting.expand`: a sample of weight 2 counts twice, a masked one not at all.
The coordinates are those of every row that was handed over, (x_i - mu) V, whatever its weight.
"""

from typing import NamedTuple

import numpy as np

from . import weighting

EPSILON = float(np.finfo(np.float32).eps)


class Spectrum(NamedTuple):
    singular_values: np.ndarray  # (k,), descending
    basis: np.ndarray  # (d, k), V
    coordinates: np.ndarray  # (rows handed over, k), Xc V
    mean: np.ndarray  # (d,)
    left: np.ndarray  # (n, k), U, rows as expanded
    root: np.ndarray  # (n, 1), sqrt(w), rows as expanded

    def rank(self, epsilon=EPSILON):
        """How many s_j > max(n, d) epsilon s_1; beyond them U is arbitrary."""
        size = max(len(self.left), len(self.basis))
        return int(np.sum(self.singular_values > size * epsilon * self.singular_values[0]))


def spectrum(features, *, components=None, weights=None):
    features = np.asarray(features, dtype=np.float64)
    w, rows = weighting.expand(weights, features)
    mean = weighting.mean(w, rows)
    root = np.sqrt(w)[:, None]
    left, values, right = np.linalg.svd(root * (rows - mean), full_matrices=False)
    k = len(values) if components is None else min(components, len(values))
    basis = right[:k].T
    return Spectrum(values[:k], basis, (features - mean) @ basis, mean, left[:, :k], root)
