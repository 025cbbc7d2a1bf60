"""Energy of the source head: sum_i w_i ln sum_z exp(logit_iz) / n (FORMULAS section 2)."""

import numpy as np
from scipy.special import logsumexp

from . import weighting


def energy(logits, *, weights=None):
    w, logits = weighting.expand(weights, np.asarray(logits, dtype=np.float64))
    return float(w @ logsumexp(logits, axis=1) / w.sum())
