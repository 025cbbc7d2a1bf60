"""The ways to recommend a model from a history, by name.

    static        the record of a model on all past tasks
    factors       models and tasks as a few non-negative factors, a new task their mean
    fennec        the same factors, a new task placed by what it looks like to a proxy network, and
                  models by what they are
    nearest-tasks the record on tasks that look like the new one to a proxy network
    two-phase     groups of models that did alike; one of each is looked at on the new task

A method takes the history and what is known of the new task, and gives what each model promises.
That is an accuracy, but for two-phase, whose promises only have an order.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from disco_jax.errors import InputError, did_you_mean
from disco_jax.history import History, on_a_new_task

from .fennec import Network, fennec
from .looks import Look
from .nearest_tasks import Likeness, nearest_tasks
from .two_phase import two_phase


class Asked(NamedTuple):
    """What is known of the new task."""

    look: Look  # how well some models do there
    task: str | None = None  # its name among the tasks that the proxy saw
    like: Likeness | None = None  # how alike these are
    networks: Mapping[str, Network] | None = None  # what models are


class Method(NamedTuple):
    """How models are ranked, and whether it looks at some of them on the new task."""

    promises: Callable[[History, Asked], dict[str, float]]
    looks: bool = False


def by_factors(history: History) -> dict[str, float]:
    """The same through the factors."""
    from .factors import factorised

    of_models, of_tasks = factorised(history.values / history.whole)
    found = history.whole * (of_models @ of_tasks.mean(0))
    return dict(zip(history.models, found.tolist(), strict=True))


def by_nearest(history: History, asked: Asked) -> dict[str, float]:
    """The record on tasks that are alike."""
    return nearest_tasks(history, *_seen("nearest-tasks", history, asked))


def by_fennec(history: History, asked: Asked) -> dict[str, float]:
    """The place of the task among the factors, and what the models are."""
    return fennec(history, *_seen("fennec", history, asked), asked.networks)


def _seen(method: str, history: History, asked: Asked) -> tuple[Likeness, str]:
    """What the proxy says, and the new task.

    Raises:
        InputError: The proxy has not seen the new task, or a past one.
    """
    remedy = "give a folder with a proxy's features of each task, and name the task"
    if asked.like is None or asked.task is None:
        problem = f"{method} compares the new task with the past ones"
        raise InputError("recommend", "proxy", problem, remedy)
    seen = {task for task, _ in asked.like}
    if missing := [task for task in (*history.tasks, asked.task) if task not in seen]:
        raise InputError("recommend", "proxy", f"no features of {', '.join(missing)}", remedy)
    return asked.like, asked.task


METHODS: dict[str, Method] = {
    "static": Method(lambda history, asked: on_a_new_task(history)),
    "factors": Method(lambda history, asked: by_factors(history)),
    "fennec": Method(by_fennec),
    "nearest-tasks": Method(by_nearest),
    "two-phase": Method(lambda history, asked: two_phase(history, asked.look), looks=True),
}


def method_of(name: str) -> Method:
    """The method of a name.

    Raises:
        InputError: There is none.
    """
    if name not in METHODS:
        remedy = did_you_mean(name, METHODS, f"choose among {', '.join(METHODS)}")
        raise InputError("recommend", "method", f"there is no {name!r}", remedy)
    return METHODS[name]
