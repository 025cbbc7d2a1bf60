"""Recommend models for a task from a history, by one of the methods."""

import os
from collections.abc import Mapping, Sequence

from disco_jax.errors import InputError
from disco_jax.history import History, on_a_new_task, read_history

from .expected import Expected, expected
from .explained import explained
from .fennec import Network
from .looks import Look, noted, of_accuracies
from .methods import Asked, method_of
from .nearest_tasks import Likeness


def recommend(
    history: History | str | os.PathLike[str],
    *,
    task: str | None = None,
    method: str = "static",
    look: Look | None = None,
    like: Likeness | None = None,
    networks: Mapping[str, Network] | None = None,
    explain: bool = False,
) -> Expected:
    """The models of a history, the one to try first first, with the accuracy expected of each.

    Args:
        history: Past accuracies, or a file of them.
        task: A task of the history, which is then left out; by default a new one.
        method: One of `disco-jax recommend --help`.
        look: Says how well some models do on the new task, from 0 to 1, for methods that look at
            some; by default their accuracies there, where the task is one of the history.
        like: How alike tasks look to a proxy network, for fennec and nearest-tasks.
        networks: What the models are, for fennec, as `disco_jax.pipeline.networks_of` finds them.
        explain: Say for each model what drove it: record, twins, who was looked at for it.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    if not isinstance(history, History):
        history = read_history(history)
    how = method_of(method)
    new = look is not None or like is not None
    if task is not None and (task in history.tasks or not new):
        truth, history = history.on(task), history.without(task)
        look = look or of_accuracies(truth, history.whole)
    asked: list[str] = []
    seen = noted(look or _nowhere(method), asked)
    promised = how.promises(history, Asked(seen, task, like, networks))
    if how.looks:
        promised = _as_accuracies(promised, history)
    why = explained(history, tuple(asked)) if explain else {}
    return expected(history, promised, tuple(asked), why)


def _nowhere(method: str) -> Look:
    def look(models: Sequence[str]) -> Mapping[str, float]:
        problem = f"{method} looks at {', '.join(models)} on the new task"
        raise InputError("recommend", "features", problem, "give a folder with their features")

    return look


def _as_accuracies(promised: Mapping[str, float], history: History) -> dict[str, float]:
    """The same order, with the accuracies of the static one place by place."""
    ranked = sorted(promised, key=lambda model: -promised[model])
    values = sorted(on_a_new_task(history).values(), reverse=True)
    return dict(zip(ranked, values, strict=True))
