"""How good each model is wherever it was tried, and the order that this gives on a new task.

    value of model m on task t = a_t + e_m + what is special about the two,   sum of e_m = 0

fitted by least squares over the cells that are known: without holes e_m is the mean of a model's
accuracies less the mean of all. A hole then costs a model nothing, however hard the task was.
"""

import numpy as np

from .table import History

ROUNDS, ENOUGH = 200, 1e-12


def effects(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(a_t, e_m) of values (m, t) with holes; each model and each task has a value."""
    known = ~np.isnan(values)
    of_model, of_task = known.sum(1), known.sum(0)
    level, effect = np.zeros(values.shape[1]), np.zeros(values.shape[0])
    for _ in range(ROUNDS):
        level = np.where(known, values - effect[:, None], 0).sum(0) / of_task
        again = np.where(known, values - level[None], 0).sum(1) / of_model
        again -= again.mean()
        moved, effect = np.abs(again - effect).max(), again
        if moved <= ENOUGH * max(1.0, float(np.abs(effect).max())):
            break
    return level, effect


def static(history: History, task: str) -> dict[str, float]:
    """Per model the accuracy that its record on all other tasks promises on a task like them."""
    rest = history.without(task)
    return on_a_new_task(rest) if rest.tasks else {}


def on_a_new_task(history: History) -> dict[str, float]:
    """Per model the accuracy that its record promises on a task like those of the history."""
    level, effect = effects(history.values)
    return dict(zip(history.models, (level.mean() + effect).tolist(), strict=True))
