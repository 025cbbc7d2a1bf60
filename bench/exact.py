"""DISCO in float64 NumPy: what the error columns are measured against.

`Xc = X - mean`, `Xc' Xc = V S^2 V'`, coordinates `T = Xc V` of the leading k.  In each of G groups
of floor(k/G) coordinates, with class means M_g and class shares pi,

    q_g = mean_i softmax_c(T_g M_g' - |M_g|^2 / 2 + log pi)[i, y_i],     score = sum_g r_g q_g,

r_g the group's part of the sum of the k singular values.  The eigenvalues of the float64 Gram
matrix give singular values within 3e-8 of the largest, far below any float32 error measured here.
Every class must have a sample.  Cost: n d^2 + d^3 + n C k, a tile of rows at a time.
"""

from typing import NamedTuple

import numpy as np

TILE = 4096


class Exact(NamedTuple):
    score: float
    singular_values: np.ndarray  # all min(n, d), descending


def disco(
    features: np.ndarray, labels: np.ndarray, classes: int, components: int = 128, groups: int = 8
) -> Exact:
    centred = features.astype(np.float64)
    centred -= centred.mean(axis=0)
    squares, basis = np.linalg.eigh(centred.T @ centred)
    count = min(centred.shape)
    values = np.sqrt(np.maximum(squares[::-1][:count], 0.0))
    kept = min(components, count)
    groups = min(groups, kept)
    coordinates = centred @ basis[:, ::-1][:, :kept]
    size = kept // groups
    score = sum(
        values[part].sum()
        / values[:kept].sum()
        * _true_class(coordinates[:, part], labels, classes)
        for part in (slice(g * size, (g + 1) * size) for g in range(groups))
    )
    return Exact(float(score), values)


def _true_class(coordinates: np.ndarray, labels: np.ndarray, classes: int) -> float:
    """Mean probability of the sample's own class by the nearest class mean (q_g)."""
    counts = np.bincount(labels, minlength=classes)
    sums = [np.bincount(labels, weights=column, minlength=classes) for column in coordinates.T]
    means = np.stack(sums, axis=1) / counts[:, None]
    offsets = np.log(counts / len(labels)) - 0.5 * (means**2).sum(axis=1)
    total = 0.0
    for start in range(0, len(labels), TILE):
        rows = slice(start, start + TILE)
        logits = coordinates[rows] @ means.T + offsets
        own = np.take_along_axis(logits, labels[rows, None], axis=1)[:, 0]
        highest = logits.max(axis=1)
        total += (np.exp(own - highest) / np.exp(logits - highest[:, None]).sum(axis=1)).sum()
    return total / len(labels)
