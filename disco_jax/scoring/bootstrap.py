"""The bootstrap over samples: the same resamples for every model, so that differences are paired.

A resample draws as many samples as there are, with replacement, within each class, and is a vector
of weights: how often each sample was drawn. Weights reach a kernel through `where`, in which an
integer is a repeated sample; copies of a sample are never each other's neighbours. Samples are
known by their ids, or by their place where there are none, so models that were given different
samples share the weights of those they have in common.

Reference: Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from jax import lax

from disco_jax.features import FeatureSet

from .plan import Plan
from .program import Arrays, Results, compute

AT_ONCE = 8  # resamples on an accelerator


def resamples(hub: Mapping[str, FeatureSet], count: int, seed: int) -> dict[str, np.ndarray]:
    """Weights (count, n) for every model."""
    ids = {model: _ids(features) for model, features in hub.items()}
    every, first = np.unique(np.concatenate(list(ids.values())), return_index=True)
    classes = np.concatenate([_classes(features) for features in hub.values()])[first]
    generator = np.random.default_rng(seed)
    weights = np.zeros((count, len(every)), np.int32)
    for one in np.unique(classes):
        members = np.flatnonzero(classes == one)
        share = np.full(len(members), 1 / len(members))
        weights[:, members] = generator.multinomial(len(members), share, size=count)
    return {model: weights[:, np.searchsorted(every, own)] for model, own in ids.items()}


def _ids(features: FeatureSet) -> np.ndarray:
    ids = np.arange(features.shape[0]) if features.ids is None else np.asarray(features.ids)
    return ids.astype(np.str_)


def _classes(features: FeatureSet) -> np.ndarray:
    """The class of each sample as text; one for all where there are none, or several at once."""
    labels = features.labels
    if labels is None or features.multilabel:
        return np.full(features.shape[0], "")
    return np.asarray(labels).astype(np.str_)


@lru_cache
def over_resamples(plan: Plan) -> Callable[[Arrays, Any], Results]:
    """The program of one model on every row of weights (count, n)."""
    together = None if jax.default_backend() == "cpu" else AT_ONCE

    def run(arrays: Arrays, weights: Any) -> Results:
        results: Results = lax.map(
            lambda where: compute(plan, {**arrays, "where": where}).results,
            weights,
            batch_size=together,
        )
        return results

    return jax.jit(run)
