"""The ways to recommend a model from a history, by name.

    static        the record of a model on all past tasks
    factors       models and tasks as a few non-negative factors, a new task their mean
    two-phase     groups of models that did alike; one of each is looked at on the new task

A method takes the history and a function that looks at some models on the new task, and gives what
each model promises. That is an accuracy, but for two-phase, whose promises only have an order.
"""

from collections.abc import Callable
from typing import NamedTuple

from disco_jax.errors import InputError, did_you_mean
from disco_jax.history import History, effects

from .looks import Look
from .two_phase import two_phase


class Method(NamedTuple):
    """How models are ranked, and whether it looks at some of them on the new task."""

    promises: Callable[[History, Look], dict[str, float]]
    looks: bool = False


def record(history: History) -> dict[str, float]:
    """The accuracy of each model on a task like the past ones."""
    level, effect = effects(history.values)
    return dict(zip(history.models, (level.mean() + effect).tolist(), strict=True))


def by_factors(history: History) -> dict[str, float]:
    """The same through the factors."""
    from .factors import factorised

    of_models, of_tasks = factorised(history.values / history.whole)
    found = history.whole * (of_models @ of_tasks.mean(0))
    return dict(zip(history.models, found.tolist(), strict=True))


METHODS: dict[str, Method] = {
    "static": Method(lambda history, look: record(history)),
    "factors": Method(lambda history, look: by_factors(history)),
    "two-phase": Method(two_phase, looks=True),
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
