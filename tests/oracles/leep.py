"""LEEP, NCE and LEEP of an ensemble, from the source head's outputs P (n x Z) (section 3).

    J_yz = sum_{y_i = y} w_i P_iz / n;  p(y|z) = J_yz / sum_y' J_y'z
    leep = sum_i w_i ln p(y_i|x_i) / n,  p(y|x_i) = sum_z p(y|z) P_iz
    nce  = sum_yz J_yz ln p(y|z), with the one-hot of argmax_z P_iz (the first of equals) for P
    e_leep = sum_i w_i ln(mean over members of p_m(y_i|x_i)) / n;  ms_leep = mean of the leeps

P = softmax(logits). A source class without mass contributes nothing. One class: 0.
"""

import numpy as np
from scipy.special import softmax, xlogy

from . import weighting


def joint(w, p, labels):
    """J of the classes that are present, (C, Z)."""
    return np.array([w[labels == c] @ p[labels == c] for c in np.unique(labels)]) / w.sum()


def conditional(j):
    """p(y|z); 0 for a source class without mass."""
    mass = j.sum(axis=0)
    return np.divide(j, mass, out=np.zeros_like(j), where=mass > 0)


def own_probabilities(w, p, labels):
    """(n,) sum_z p(y_i|z) P_iz."""
    given = conditional(joint(w, p, labels))
    own = np.searchsorted(np.unique(labels), labels)
    return np.array([given[c] @ row for c, row in zip(own, p, strict=True)])


def leep(logits, labels, *, num_classes, weights=None):
    w, logits, labels = weighting.expand(weights, np.asarray(logits, dtype=np.float64), labels)
    own = own_probabilities(w, softmax(logits, axis=1), labels)
    return float(w @ np.log(own) / w.sum())


def nce(logits, labels, *, num_classes, weights=None):
    w, logits, labels = weighting.expand(weights, np.asarray(logits, dtype=np.float64), labels)
    one_hot = np.eye(logits.shape[1])[np.argmax(logits, axis=1)]
    j = joint(w, one_hot, labels)
    return float(np.sum(xlogy(j, conditional(j))))


def e_leep(members, labels, *, num_classes, weights=None):
    """Of a list of logits, (n, Z_m) each."""
    own = []
    for logits in members:
        w, rows, y = weighting.expand(weights, np.asarray(logits, dtype=np.float64), labels)
        own.append(own_probabilities(w, softmax(rows, axis=1), y))
    return float(w @ np.log(np.mean(own, axis=0)) / w.sum())


def ms_leep(members, labels, *, num_classes, weights=None):
    options = {"num_classes": num_classes, "weights": weights}
    return float(np.mean([leep(logits, labels, **options) for logits in members]))
