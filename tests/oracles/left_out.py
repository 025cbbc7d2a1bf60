"""DISCO's tuned form, by refitting without each sample in turn (FORMULAS sections 1 and 2).

    group g: a ridge regression on the leading coordinates of the groups 1..g, lam = 0.1 s_1^2
    p_i      what the fit without sample i says of it, less the mean of all answers
    q_g      sum_i p_i . y_i / sum_i |y_i|^2, y_i the answers less their mean; one-hot for classes

Answers without spread: q = 0. Coordinates beyond the rank, which hold only rounding, are set to 0.
"""

import numpy as np

from . import groups as grouping
from . import weighting
from .disco import combine
from .ridge_loo import predictions
from .spectrum import EPSILON, spectrum


def of_targets(features, targets, *, components=128, groups=8, weights=None, epsilon=EPSILON):
    """The score with its parts."""
    targets = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
    w, rows, targets = weighting.expand(weights, np.asarray(features, dtype=np.float64), targets)
    s = spectrum(rows, components=components, weights=w)
    mean = weighting.mean(w, targets)
    y = targets - mean
    spread = w @ np.sum(y**2, 1)
    coordinates = np.copy(s.coordinates)
    coordinates[:, s.rank(epsilon) :] = 0.0
    lam = 0.1 * s.singular_values[0] ** 2
    found = []
    for group in grouping.slices(len(s.singular_values), groups):
        if spread == 0:
            found.append(0.0)
            continue
        said = predictions(w, coordinates[:, : group.stop], targets, [lam])[0] - mean
        found.append(w @ np.sum(said * y, 1) / spread)
    return combine(s, groups, found)


def of_classes(features, labels, **options):
    """The same for the one-hot codes of the classes that there are."""
    names, codes = np.unique(labels, return_inverse=True)
    return of_targets(features, np.eye(len(names))[codes], **options)
