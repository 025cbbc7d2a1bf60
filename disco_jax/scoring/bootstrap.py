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
from disco_jax.metrics import metric_of

from .plan import Plan
from .program import Arrays, Computed, compute

AT_ONCE = 8  # resamples on an accelerator
AFFORDABLE = 100  # resamples, where nobody said how many and they take a few seconds
PER_METRIC = 2**20  # operations that a metric costs on the smallest samples
MOST = 15 * 10**9  # operations of all resamples


def affordable(plan: Plan, hub: Mapping[str, FeatureSet]) -> int:
    """100 resamples, or none where 100 M sum(2^20 + n d (n + min(n, d))) is above 1.5 10^10.

    M metrics, and models of n samples and d columns. None either with a metric that iterates, or a
    model that is kept as moments. By sizes alone, so that the same run is the same everywhere.
    """
    if any(metric_of(spec.name).doubts for spec in plan.specs):
        return 0
    if any(features.moments is not None for features in hub.values()):
        return 0
    sizes = [features.shape for features in hub.values()]
    each = sum(PER_METRIC + n * d * (n + min(n, d)) for n, d in sizes)
    return AFFORDABLE if AFFORDABLE * len(plan.specs) * each <= MOST else 0


def resamples(hub: Mapping[str, FeatureSet], count: int, seed: int) -> dict[str, np.ndarray]:
    """Weights (count, n) for every model."""
    ids = {model: ids_of(features) for model, features in hub.items()}
    every, first = np.unique(np.concatenate(list(ids.values())), return_index=True)
    classes = np.concatenate([classes_of(features) for features in hub.values()])[first]
    generator = np.random.default_rng(seed)
    weights = np.zeros((count, len(every)), np.int32)
    for one in np.unique(classes):
        members = np.flatnonzero(classes == one)
        share = np.full(len(members), 1 / len(members))
        weights[:, members] = generator.multinomial(len(members), share, size=count)
    return {model: weights[:, np.searchsorted(every, own)] for model, own in ids.items()}


def ids_of(features: FeatureSet) -> np.ndarray:
    """What the samples are known by, as text."""
    ids = np.arange(features.shape[0]) if features.ids is None else np.asarray(features.ids)
    return ids.astype(np.str_)


def classes_of(features: FeatureSet) -> np.ndarray:
    """The class of each sample as text; one for all where there are none, or several at once."""
    labels = features.labels
    if labels is None or features.multilabel:
        return np.full(features.shape[0], "")
    return np.asarray(labels).astype(np.str_)


@lru_cache
def over_resamples(plan: Plan) -> Callable[[Arrays, Any], Computed]:
    """The program of one model on every row of weights (count, n)."""
    together = None if jax.default_backend() == "cpu" else AT_ONCE

    def run(arrays: Arrays, weights: Any) -> Computed:
        found: Computed = lax.map(
            lambda where: compute(plan, {**arrays, "where": where}), weights, batch_size=together
        )
        return found

    return jax.jit(run)
