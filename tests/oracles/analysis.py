"""What fine-tuning changed, and the hard examples (FORMULAS section 1, items 7 and 8).

    component change   ||Z_g - Z'_g||_F / ||Z_g||_F, Z of the first features, Z' of the second
    proportion change  r'_g - r_g
    hard examples      LDA with L = Sw + rho I (I where tr(Sw) = 0), Sw = sum_i w_i v_i v_i^T / n,
                       v_i = x_i - mu_{y_i}, rho = 1e-3 tr(Sw)/d, priors n_c / n: in each class the
                       max(1, floor(fraction n_c + 1/2)) samples with the lowest posterior of their
                       own class, the earlier row first among equals

Z_g holds only columns within the rank; the change of a Z_g = 0 is 0 if Z'_g = 0 too, else infinite.
"""

import numpy as np
from scipy.special import logsumexp

from . import groups as grouping
from . import posteriors, weighting
from .spectrum import EPSILON, spectrum


def component_change(features, other, *, components=128, groups=8, weights=None, epsilon=EPSILON):
    """(G,) relative changes; both feature matrices are (n, d), of the same samples."""
    before = spectrum(features, components=components, weights=weights)
    after = spectrum(other, components=components, weights=weights)
    changes = []
    for group in grouping.slices(len(before.singular_values), groups):
        z = before.root * grouping.component(before, group, before.rank(epsilon))
        moved = before.root * grouping.component(after, group, after.rank(epsilon)) - z
        size, change = np.linalg.norm(z), np.linalg.norm(moved)
        changes.append(change / size if size > 0 else (np.inf if change > 0 else 0.0))
    return np.array(changes)


def proportion_change(features, other, *, components=128, groups=8, weights=None):
    """(G,) differences r'_g - r_g."""
    before = spectrum(features, components=components, weights=weights).singular_values
    after = spectrum(other, components=components, weights=weights).singular_values
    return grouping.proportions(after, groups) - grouping.proportions(before, groups)


def lda_log_posteriors(features, labels, *, num_classes, weights=None, regularisation=1e-3):
    """(n, C) log posteriors of the rows as expanded; -inf for an absent class."""
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    covariance, d = None, rows.shape[1]
    if not posteriors.no_spread(w, rows, labels):
        within = posteriors.scatter(w, rows, labels, np.unique(labels))
        covariance = within + regularisation * np.trace(within) / d * np.eye(d)
    means = weighting.class_means(w, rows, labels, num_classes)
    priors = weighting.priors(w, labels, num_classes)
    logits = np.full((len(rows), num_classes), -np.inf)
    for c in np.unique(labels):
        logits[:, c] = posteriors.log_densities(rows, means[c], covariance) + np.log(priors[c])
    return logits - logsumexp(logits, axis=1, keepdims=True)


def hard_examples(features, labels, *, num_classes, fraction, weights=None):
    """(n,) mask of the rows kept. A repeated sample is kept when one of its copies is."""
    kept = np.zeros(len(features), dtype=bool)
    log_p = lda_log_posteriors(features, labels, num_classes=num_classes, weights=weights)
    w, labels, index = weighting.expand(weights, labels, np.arange(len(features)))
    own = log_p[np.arange(len(labels)), labels]
    for c in np.unique(labels):
        wanted = max(1.0, np.floor(fraction * w[labels == c].sum() + 0.5))
        taken = 0.0
        for i in sorted(np.flatnonzero(labels == c), key=lambda i: own[i]):
            if taken < wanted:
                kept[index[i]] = True
                taken += w[i]
    return kept
