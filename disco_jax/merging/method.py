"""Which formula merges, and its one coefficient.

For average and fisher that is the share t of the second of two networks, whose weights are 1 - t
and t; for the others it is lambda, which the task vectors are multiplied by.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from disco_jax.errors import InputError, did_you_mean

from .average import average
from .fisher import fisher
from .projective import projective
from .task_arithmetic import task_arithmetic
from .ties import ties
from .trees import Tree

STEP = 0.1


class Given(NamedTuple):
    """What formulas merge."""

    models: Sequence[Tree]
    base: Tree | None
    information: Sequence[Tree]


class Method(NamedTuple):
    """A formula of what is given and a coefficient."""

    merge: Callable[[Given, Any], Tree]
    symbol: str
    most: float  # the largest coefficient that a search tries; the least is 0
    default: float | None  # None: equal weights
    needs_base: bool


def shares(number: int, share: Any) -> list[Any]:
    """Weights of so many networks: 1 - share and share of two, or equal ones."""
    return [1 / number] * number if share is None else [1 - share, share]


def _average(given: Given, share: Any) -> Tree:
    return average(given.models, shares(len(given.models), share))


def _fisher(given: Given, share: Any) -> Tree:
    return fisher(given.models, given.information, shares(len(given.models), share))


def _of_base(formula: Callable[..., Tree]) -> Callable[[Given, Any], Tree]:
    return lambda given, coefficient: formula(given.base, given.models, coefficient)


METHODS = {
    "average": Method(_average, "t", 1.0, None, False),
    "task-arithmetic": Method(_of_base(task_arithmetic), "lambda", 1.5, 0.4, True),
    "ties": Method(_of_base(ties), "lambda", 1.5, 1.0, True),
    "fisher": Method(_fisher, "t", 1.0, None, False),
    "projective": Method(_of_base(projective), "lambda", 1.5, 0.4, True),
}


def method_of(name: str) -> Method:
    """The method of a name.

    Raises:
        ValueError: One line, where there is none.
    """
    if name not in METHODS:
        remedy = did_you_mean(name, METHODS, f"choose {', '.join(METHODS)}")
        raise InputError("merge", "method", f"{name!r} is unknown", remedy)
    return METHODS[name]


def grid(method: Method) -> list[float]:
    """The coefficients that a search tries."""
    return [float(value) for value in np.round(np.arange(0, method.most + STEP / 2, STEP), 2)]
