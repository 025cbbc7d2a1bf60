"""Models whose predictions are averaged: the log-loss of samples left out, or of source heads.

    value(S) = 1/n sum_i ln( 1/|S| sum_{s in S} p_s(y_i | x_i) )

    logloss   p_s of a probe that is fitted without sample i: ridge regression on the leading
              components, as many as classes but 32 to 128 of them, or 5 nearest neighbours (Deep
              ensembles for low-data transfer)
    eleep     p_s the expected empirical prediction of the source head (E-LEEP)

value + ln|S| is monotone and submodular in S, as it is a sum of concave functions of sums. Only the
probability of the own class matters: after one pass a set costs n. No model is chosen twice.
Influence of a sample: its logarithm less the mean, over n; the predictions stay as they are.
"""

from collections.abc import Callable

import numpy as np

import disco_kernels as dk

from .judge import Judge, Members
from .pool import Pool, require_classes

COMPONENTS = 32, 128  # at least and at most
LEAST = float(np.finfo(np.float32).tiny)


def logloss(pool: Pool, posterior: str) -> Judge:
    """The log-likelihood of averaged left-out predictions."""
    labels = require_classes(pool, "logloss", "choose kages or disco")
    known = {"num_classes": pool.num_classes}
    components = int(np.clip(pool.num_classes, *COMPONENTS))

    def likelihood(model: str) -> np.ndarray:
        if posterior == "knn":
            return dk.knn_left_out(pool.features(model), labels, **known).likelihood
        return dk.ridge_left_out(pool.spectrum(model, components), labels, **known).likelihood

    return _averaged(pool, likelihood)


def eleep(pool: Pool) -> Judge:
    """The log-likelihood of averaged source heads."""
    labels = require_classes(pool, "eleep", "choose kages or disco")
    known = {"num_classes": pool.num_classes}
    return _averaged(pool, lambda m: dk.leep_likelihoods(pool.logits(m), labels, **known))


def _averaged(pool: Pool, likelihood: Callable[[str], np.ndarray]) -> Judge:
    p = {
        model: np.maximum(np.asarray(likelihood(model), np.float64), LEAST) for model in pool.models
    }

    def logs(members: Members) -> np.ndarray:
        return np.log(sum(p[model] for model in members) / len(members))

    def values(chosen: Members) -> dict[str, float]:
        return {m: float(logs((*chosen, m)).mean()) for m in p if m not in chosen}

    def influence(members: Members) -> np.ndarray:
        of_sample = logs(members)
        return np.asarray((of_sample - of_sample.mean()) / len(of_sample))

    return Judge(values, influence, submodular=True)
