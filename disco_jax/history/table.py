"""A history: how well models did on tasks, with holes where nobody tried.

Accuracies of one table share a unit, fractions or percent. A negative percentage stands for a hole,
as in PARC's table.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from disco_jax.comparison import Accuracies, read_accuracies
from disco_jax.errors import InputError, did_you_mean

FAR = 20  # how many times larger the next value is than a fraction among percentages


class History(NamedTuple):
    """Models by tasks."""

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    values: np.ndarray  # (models, tasks) float64, NaN for a hole
    source_data: Mapping[str, str] = {}  # what models were pre-trained on, where that is known

    @property
    def missing(self) -> int:
        """How many holes there are."""
        return int(np.isnan(self.values).sum())

    @property
    def whole(self) -> float:
        """A perfect accuracy in the unit of the table, 1 or 100."""
        return 100.0 if np.nanmax(self.values) > 1 else 1.0

    def without(self, task: str) -> "History":
        """All other tasks, with the models that were tried on one of them."""
        keep = np.array([name != task for name in self.tasks])
        some = ~np.isnan(self.values[:, keep]).all(1)
        models = tuple(name for name, there in zip(self.models, some, strict=True) if there)
        tasks = tuple(np.array(self.tasks)[keep])
        return self._replace(models=models, tasks=tasks, values=self.values[some][:, keep])

    def on(self, task: str) -> dict[str, float]:
        """The accuracies on one task.

        Raises:
            ValueError: One line, where there is no such task.
        """
        if task not in self.tasks:
            remedy = did_you_mean(task, self.tasks, f"choose among {', '.join(self.tasks)}")
            raise InputError("history", "task", f"there is no {task!r}", remedy)
        column = self.values[:, self.tasks.index(task)]
        return {m: float(v) for m, v in zip(self.models, column, strict=True) if not np.isnan(v)}


def read_history(path: str | os.PathLike[str]) -> History:
    """Read a history: CSV or Parquet, tidy or wide, or the JSON of `compare`.

    Raises:
        ValueError: One line that names the file, where it is wrong, and what to do.
    """
    return history_of(read_accuracies(path, holes=True), path)


def history_of(table: Accuracies, where: object = "history") -> History:
    """The history in a table of accuracies."""
    models = tuple(dict.fromkeys(model for row in table.datasets.values() for model in row))
    tasks = tuple(name for name, row in table.datasets.items() if row)
    if len(models) < 2:
        problem = f"only {models[0]!r} has accuracies" if models else "no model has any"
        raise InputError(where, "models", problem, "give two models or more")
    values = np.array([[table.datasets[t].get(m, np.nan) for t in tasks] for m in models])
    values = _one_unit(values, models, tasks, where)
    return History(models, tasks, values, table.source_data)


def _one_unit(
    values: np.ndarray, models: tuple[str, ...], tasks: tuple[str, ...], where: object
) -> np.ndarray:
    percent = np.nanmax(values, 0) > 1
    if percent.any():
        values = np.where(values < 0, np.nan, values)
    if percent.any() and not percent.all():
        one, other = tasks[int(np.argmin(percent))], tasks[int(np.argmax(percent))]
        problem = f"{one!r} has fractions and {other!r} percentages"
        raise InputError(where, "accuracies", problem, "write all of them alike")
    for task, column in zip(tasks, values.T, strict=True):
        known = np.sort(column[~np.isnan(column)])
        if len(known) > 1 and known[-1] > 1 and 0 < known[0] <= 1 and known[1] > FAR * known[0]:
            model = models[int(np.nanargmin(column))]
            problem = f"{known[0]:g} on {task!r} among percentages"
            raise InputError(where, f"model {model!r}", problem, "write it as a percentage too")
    return values
