"""Models that did alike on every task.

The distance of two models is the mean of their five largest differences over the tasks that both
were tried on, as in two-phase recall (arXiv 2404.00069). Twins are nearer to one another than a
tenth of what models differ by on a task (the median over tasks of the standard deviation).
"""

import numpy as np

from .effects import effects
from .table import History

LARGEST, SHARED, NEAR = 5, 2, 0.1


def distances(values: np.ndarray, row: np.ndarray) -> np.ndarray:
    """From one model's values (t,) to others' (m, t); infinite where they share too little."""
    apart = np.abs(values - row[None])
    shared = (~np.isnan(apart)).sum(1)
    largest = -np.sort(-np.nan_to_num(apart, nan=-1), 1)[:, :LARGEST]
    total = np.where(largest >= 0, largest, 0).sum(1)
    enough = shared >= min(SHARED, values.shape[1])
    return np.where(enough, total / np.maximum(np.minimum(shared, LARGEST), 1), np.inf)


def twins(history: History) -> list[tuple[str, str]]:
    """Pairs of twins, the nearest first."""
    values = history.values
    near = NEAR * float(np.median(np.nanstd(values, 0)))
    order = np.argsort(effects(values)[1], kind="stable")
    found = []
    for place, i in enumerate(order):
        rest = order[place + 1 :]
        apart = distances(values[rest], values[i])
        found += [(float(apart[j]), int(i), int(rest[j])) for j in np.flatnonzero(apart < near)]
    return [
        (history.models[min(i, j)], history.models[max(i, j)])
        for _, i, j in sorted(found, key=lambda pair: (pair[0], *pair[1:]))
    ]
