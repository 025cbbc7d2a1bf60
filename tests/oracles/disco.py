"""DISCO = sum_g r_g q_g (FORMULAS section 1), Z_g = U_g S_g V_g^T built as the paper writes it.

    classification  q_g = mean_i p(y_i | z_i), nearest-centroid posterior (`posteriors`)
    regression      q_g = - mean over the n x t entries of (b - U_g U_g^T b)^2, b centred,
                    U_g only the columns within the rank
    detection       the classification score of the box classes and the regression score of the
                    box coordinates; each scaled by `hub_minmax` over a hub's models, then added

Identity covariance measures distances of Z_g in all d dimensions. The other two measure them in the
group's coordinates T_g = Xc V_g, m columns; they are blind to scale, so columns beyond the rank,
which hold only rounding, are set to 0.
"""

from typing import NamedTuple

import numpy as np

from . import groups as grouping
from . import weighting
from .posteriors import own_probabilities
from .spectrum import EPSILON, spectrum


class Disco(NamedTuple):
    score: float
    proportions: np.ndarray  # (G,), r_g
    transferability: np.ndarray  # (G,), q_g


def combine(s, groups, transferability):
    shares = grouping.proportions(s.singular_values, groups)
    return Disco(float(shares @ transferability), shares, np.array(transferability))


def disco(
    features,
    labels,
    *,
    num_classes,
    components=128,
    groups=8,
    weights=None,
    epsilon=EPSILON,
    covariance="identity",
    shrinkage=0.1,
    leave_one_out=False,
):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    s = spectrum(rows, components=components, weights=w)
    coordinates = np.copy(s.coordinates)
    coordinates[:, s.rank(epsilon) :] = 0.0
    transferability = []
    for group in grouping.slices(len(s.singular_values), groups):
        own = own_probabilities(
            w,
            grouping.component(s, group) if covariance == "identity" else coordinates[:, group],
            labels,
            num_classes,
            covariance=covariance,
            shrinkage=shrinkage,
            leave_one_out=leave_one_out,
        )
        transferability.append(w @ own / w.sum())
    return combine(s, groups, transferability)


def disco_regression(features, targets, *, components=128, groups=8, weights=None, epsilon=EPSILON):
    targets = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
    w, rows, b = weighting.expand(weights, np.asarray(features, dtype=np.float64), targets)
    s = spectrum(rows, components=components, weights=w)
    b = s.root * (b - weighting.mean(w, b))
    left = np.copy(s.left)
    left[:, s.rank(epsilon) :] = 0.0
    transferability = []
    for group in grouping.slices(len(s.singular_values), groups):
        residual = b - left[:, group] @ (left[:, group].T @ b)
        transferability.append(-np.sum(residual**2) / (w.sum() * b.shape[1]))
    return combine(s, groups, transferability)


def disco_detection(features, labels, boxes, *, num_classes, **options):
    """(S_cls, S_reg) of one model, raw; options: components, groups, weights, epsilon."""
    by_class = disco(features, labels, num_classes=num_classes, **options)
    return by_class.score, disco_regression(features, boxes, **options).score


def hub_minmax(values, where=None):
    """(v - min) / (max - min) over the models of the mask; 0 without spread and off the mask."""
    values = np.asarray(values, dtype=np.float64)
    there = np.ones(len(values), dtype=bool) if where is None else np.asarray(where, dtype=bool)
    scaled = np.zeros(len(values))
    if there.any() and np.ptp(values[there]) > 0:
        scaled[there] = (values[there] - values[there].min()) / np.ptp(values[there])
    return scaled
