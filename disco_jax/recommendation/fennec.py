"""Fennec: a new task has a place among the past ones by what it looks like, a model by what it is.

    accuracy of model m on task t ~ u_m . v_t                               (`factors`)
    v_new = mean v + like(new, .) (L + lam I)^-1 (v - mean v)               L_st = like(s, t)
    promise of m = (u_m . v_new + w_m) / 2

where like is that of a proxy network's features of the tasks (`nearest_tasks`), so that v_new is a
ridge regression from samples to task vectors, and lam, from 0.01 to 10, predicts the vectors of
past tasks best, each left out in turn. w_m is a ridge regression of the models' records on what
their networks are: the group of their operations, and the logarithms of operations and parameters.
The promise of a model whose network is not known is u_m . v_new alone.

As in arXiv 2403.06382, but that its random forest is a ridge regression, its doc2vec and k-means
are cosines of counts and average linkage, and size and classes of a task are left out, which move
all models alike.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from disco_jax.history import History, effects

from .nearest_tasks import Likeness

LAMS = (0.01, 0.1, 1.0, 10.0)
ALIKE = 0.25  # networks of one group: one less their cosine
RIDGE = 1.0


class Network(NamedTuple):
    """What a network is, whatever it was trained on."""

    subtrees: Mapping[str, int]  # of its operations
    parameters: int


class Space(NamedTuple):
    """Models and past tasks in one space, and the way there from what a task looks like."""

    tasks: tuple[str, ...]
    models: np.ndarray  # (m, k)
    centre: np.ndarray  # (k,), of the tasks
    slope: np.ndarray  # (t, k), from likeness


def fennec(
    history: History, like: Likeness, task: str, networks: Mapping[str, Network] | None = None
) -> dict[str, float]:
    """The promise of each model on a task that is not in the history."""
    promise = history.whole * placed(space(history, like), like, task)
    if networks is not None and (known := [m in networks for m in history.models]) and any(known):
        promise[known] = (promise[known] + by_network(history, networks)) / 2
    return dict(zip(history.models, promise.tolist(), strict=True))


def space(history: History, like: Likeness) -> Space:
    """What does not depend on the new task."""
    from .factors import factorised

    of_models, of_tasks = factorised(history.values / history.whole)
    centre = of_tasks.mean(0)
    gram = np.array([[like[s, t] for t in history.tasks] for s in history.tasks])
    inverses = [np.linalg.inv(gram + lam * np.eye(len(gram))) for lam in LAMS]
    inverse = min(inverses, key=lambda each: _left_out(each, of_tasks - centre))
    return Space(history.tasks, of_models, centre, inverse @ (of_tasks - centre))


def placed(space: Space, like: Likeness, task: str) -> np.ndarray:
    """The promise of each model, as a fraction; of the order of models x k."""
    there = np.array([like[task, other] for other in space.tasks])
    return space.models @ (space.centre + there @ space.slope)


def by_network(history: History, networks: Mapping[str, Network]) -> np.ndarray:
    """The promise that a model's network makes, for the models whose network is known."""
    level, effect = effects(history.values)
    known = [place for place, model in enumerate(history.models) if model in networks]
    found = [networks[history.models[place]] for place in known]
    sizes = [[sum(each.subtrees.values()), each.parameters] for each in found]
    columns = np.concatenate([_groups(found), np.log(np.maximum(sizes, 1))], 1)
    columns -= columns.mean(0)
    columns /= np.maximum(columns.std(0), 1e-12)
    mean = effect[known].mean()
    slope = np.linalg.solve(
        columns.T @ columns + RIDGE * np.eye(columns.shape[1]), columns.T @ (effect[known] - mean)
    )
    return level.mean() + mean + columns @ slope


def _left_out(inverse: np.ndarray, vectors: np.ndarray) -> float:
    """The squared error of tasks that are left out, in closed form."""
    return float(np.sum((inverse @ vectors / np.diag(inverse)[:, None]) ** 2))


def _groups(networks: Sequence[Network]) -> np.ndarray:
    """Which network is of which group, 0 and 1."""
    if len(networks) == 1:
        return np.ones((1, 1))
    from scipy.cluster.hierarchy import fcluster, linkage

    labels = sorted({label for each in networks for label in each.subtrees})
    counts = np.array([[each.subtrees.get(label, 0) for label in labels] for each in networks])
    number = fcluster(linkage(np.log1p(counts), "average", "cosine"), ALIKE, "distance")
    return (number[:, None] == np.unique(number)).astype(float)
