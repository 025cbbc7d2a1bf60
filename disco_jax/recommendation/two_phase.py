"""Recall, then select: look at a few models on the new task, each for all that are like it.

Two models are as far apart as the mean of their five largest differences over past tasks; average
linkage makes groups of models that are nearer than half of what models differ by on a task. One
model of each group, the best so far, is looked at on the new task; as in arXiv 2404.00069,

    promise of model m = its mean accuracy so far x how well the one of its group does

where a model that is like no other takes the mean of all that were looked at, by likeness. How well
is exp of a score that is a log-probability, as LEEP's, or an accuracy.
"""

from collections.abc import Mapping

import numpy as np

from disco_jax.history import History, distances, effects

from .looks import Look

NEAR = 0.5


def groups(history: History) -> list[list[int]]:
    """Groups of models by their places, the model that is best so far first in each."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    values = history.values
    apart = np.stack([distances(values, row) for row in values])
    apart[np.isinf(apart)] = 2 * np.nanmax(np.where(np.isinf(apart), np.nan, apart), initial=1)
    np.fill_diagonal(apart, 0)
    near = NEAR * float(np.median(np.nanstd(values, 0)))
    tree = linkage(squareform(apart, checks=False), method="average")
    number = fcluster(tree, near, criterion="distance")
    best = np.argsort(-effects(values)[1], kind="stable")
    return [[int(m) for m in best if number[m] == each] for each in np.unique(number)]


def two_phase(history: History, look: Look) -> dict[str, float]:
    """The promise of each model."""
    level, effect = effects(history.values)
    mean, found = level.mean() + effect, groups(history)
    stand_for_others = [history.models[group[0]] for group in found if len(group) > 1]
    told = look(stand_for_others) if stand_for_others else {}
    well = {group[0]: told[name] for group in found if (name := history.models[group[0]]) in told}
    promise = np.copy(mean)
    for group in found if well else ():
        promise[group] *= well[group[0]] if group[0] in well else _of_its_like(history, group, well)
    return dict(zip(history.models, promise.tolist(), strict=True))


def _of_its_like(history: History, group: list[int], well: Mapping[int, float]) -> float:
    """The mean of those that were looked at, weighted by exp of minus the distance."""
    values = history.values / history.whole
    weights = np.exp(-distances(values[list(well)], values[group[0]]))
    return float(np.average(list(well.values()), weights=weights if weights.any() else None))
