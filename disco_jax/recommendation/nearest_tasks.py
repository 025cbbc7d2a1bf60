"""Tasks that look alike to one network, the proxy, and the records on them.

With x_s the proxy's features of the samples of task s, less the mean over tasks of their means, and
v the mean over tasks of that of |x|^2,

    in(s, t) = mean over the pairs of (1 + x_s . x_t / v)^2 - 1
    like(s, t) = in(s, t) / sqrt(in(s, s) in(t, t)), and 0 where that is negative

which compares their first and second moments. A new task is answered by

    promise of m = mean of the a_t + sum_t w_t (y_mt - a_t) / sum_t w_t,    w_t = like(new, t)^p

over the tasks t that model m was tried on, with the a_t of `history.effects`. The power p, from 0,
where all past tasks count alike, to 16, is the one that ranks best on past tasks, each left out in
turn. DistillWeighted (arXiv 2304.12314) weighs teachers so, with a power that is given.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from disco_jax.comparison import weighted_tau
from disco_jax.history import History, effects

POWERS = (0, 1, 2, 4, 8, 16)
TINY = 1e-12
Likeness = Mapping[tuple[str, str], float]  # of two tasks, both ways


def likeness(features: Mapping[str, np.ndarray]) -> Likeness:
    """How alike tasks are, given the proxy's features (n, d) of each."""
    centre = np.mean([np.mean(x, 0, np.float64) for x in features.values()], 0)
    rows = {task: np.asarray(x, np.float64) - centre for task, x in features.items()}
    size = max(np.mean([np.mean(np.sum(x**2, 1)) for x in rows.values()]), TINY)
    inner = {(s, t): np.mean((1 + rows[s] @ rows[t].T / size) ** 2) - 1 for s in rows for t in rows}
    return {
        (s, t): max(float(value / max(np.sqrt(inner[s, s] * inner[t, t]), TINY)), 0.0)
        for (s, t), value in inner.items()
    }


def nearest_tasks(history: History, like: Likeness, task: str) -> dict[str, float]:
    """The promise of each model on a task that is not in the history."""
    power = max(POWERS, key=lambda p: _ranked(history, like, p))
    return promises(history, _to(like, task, history.tasks) ** power)


def promises(history: History, weights: np.ndarray) -> dict[str, float]:
    """The promise of each model, given the weight of each task."""
    level, _ = effects(history.values)
    weights = np.where(np.isnan(history.values), 0, np.maximum(weights, TINY))
    above = np.nan_to_num(history.values - level) * weights
    found = level.mean() + above.sum(1) / weights.sum(1)
    return dict(zip(history.models, found.tolist(), strict=True))


def _ranked(history: History, like: Likeness, power: int) -> float:
    """The mean tau_w on past tasks, each left out in turn; the first of equal powers is taken."""
    found = []
    for task in history.tasks:
        rest, truth = history.without(task), history.on(task)
        if not rest.tasks:
            continue
        promised = promises(rest, _to(like, task, rest.tasks) ** power)
        both = [model for model in truth if model in promised]
        tau = weighted_tau([promised[m] for m in both], [truth[m] for m in both])
        found += [] if tau is None else [tau]
    return fmean(found) if found else 0.0


def _to(like: Likeness, task: str, others: Sequence[str]) -> np.ndarray:
    return np.array([like[task, other] for other in others])
