"""How well a method would have done on each past task, had that been the new one.

Left out is one task at a time; the method sees the others, and where it looks at models on the new
task it is told their accuracy there. Intervals are by bootstrap over tasks.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from disco_jax.comparison import regret, weighted_tau
from disco_jax.history import History

from .fennec import Network
from .looks import noted, of_accuracies
from .methods import Asked, method_of
from .nearest_tasks import Likeness

DRAWS, COVERED = 2000, 0.95


class Judged(NamedTuple):
    """One value per task that could be judged, in the order of the tasks."""

    tasks: tuple[str, ...]
    tau_w: tuple[float, ...]
    regret_at_1: tuple[float, ...]
    regret_at_3: tuple[float, ...]
    looked: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON: means, and the interval of the mean tau_w."""
        return {
            "tau_w": fmean(self.tau_w),
            "regret_at_1": fmean(self.regret_at_1),
            "regret_at_3": fmean(self.regret_at_3),
            "interval": list(interval(self.tau_w)),
            "looked": fmean(self.looked),
            "tasks": len(self.tasks),
        }


def judged(
    history: History,
    method: str,
    like: Likeness | None = None,
    networks: Mapping[str, Network] | None = None,
) -> Judged:
    """Leave out one task at a time."""
    how, asked = method_of(method), dict[str, list[str]]()

    def promised(task: str) -> dict[str, float]:
        rest, truth, asked[task] = history.without(task), history.on(task), []
        look = noted(of_accuracies(truth, history.whole), asked[task])
        return how.promises(rest, Asked(look, task, like, networks)) if rest.tasks else {}

    found = agreement(history, promised)
    return found._replace(looked=tuple(len(asked[task]) for task in found.tasks))


def agreement(history: History, promised: Callable[[str], Mapping[str, float]]) -> Judged:
    """How well what is promised on each task ranks the models that were tried there.

    A task counts where at least three models were tried on it and are promised something.
    """
    rows = []
    for task in history.tasks:
        said, truth = promised(task), history.on(task)
        both = [model for model in truth if model in said]
        x, y = [said[model] for model in both], [truth[model] for model in both]
        tau = weighted_tau(x, y) if len(both) > 2 else None
        first, third = (regret(x, y, k=k) if tau is not None else None for k in (1, 3))
        if tau is not None and first is not None and third is not None:
            rows.append((task, tau, first, third, 0))
    return Judged(*map(tuple, zip(*rows, strict=True))) if rows else Judged(*((),) * 5)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Of the mean over tasks."""
    rng = np.random.default_rng(0)
    drawn = rng.choice(np.asarray(values), (DRAWS, len(values))).mean(1)
    low, high = np.quantile(drawn, [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return float(low), float(high)


def ahead(method: Judged, static: Judged) -> tuple[float, float, float]:
    """By how much tau_w is larger in the mean over the tasks that both have, and its interval."""
    own, other = (dict(zip(each.tasks, each.tau_w, strict=True)) for each in (method, static))
    more = [own[task] - other[task] for task in own if task in other]
    return (fmean(more), *interval(more))
