"""The record of models: how good each is wherever it was tried (`history.effects`).

A model without one takes the mean of those like it, one model of average record among them:

    record = sum_j k_j e_j / (sum_j k_j + 1),    sum of all e_j = 0

k_j is 1 where model j is named like it, up to the first digit or sign, and is not known to have
learnt from other source data; else 0. The mean squared error of this, each model of the history
left out in turn, is what its interval is wider by. The number of parameters is not read: it adds
nothing on the study of this package (docs, Choose from thousands). A row `model@layer` has the
record of its model.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from disco_jax.errors import InputError
from disco_jax.history import History, effects
from disco_jax.results import split


class Records(NamedTuple):
    """The records of some models, and whose they take where they have none."""

    values: np.ndarray  # (m,)
    like: dict[str, list[str]]  # per model without one the models like it
    error: float  # of what is taken for a record, mean squared


def records(
    history: History, models: Sequence[str], source_data: Mapping[str, str] | None = None
) -> Records:
    """The records of models; `source_data` is known of some, by name, beside what the history says.

    Raises:
        InputError: None of the models is in the history.
    """
    effect = effects(history.values)[1]
    own = dict(zip(history.models, effect.tolist(), strict=True))
    if not own.keys() & {split(row)[0] for row in models}:
        known = ", ".join(history.models[:3])
        problem = f"knows none of the models; it knows {known}, ..."
        raise InputError("history", "models", problem, "name models alike in both")
    kin = Kin(history, source_data or {})
    like = {row: kin.of(split(row)[0]) for row in models if split(row)[0] not in own}
    values = [taken(effect, like[row]) if row in like else own[split(row)[0]] for row in models]
    names = {row: [history.models[j] for j in np.flatnonzero(k)] for row, k in like.items()}
    return Records(np.array(values), names, left_out(history, source_data) if like else 0.0)


def taken(effect: np.ndarray, kernel: np.ndarray) -> float:
    """The record of a model by those of others (m,), which sum to zero."""
    return float(kernel @ effect / (kernel.sum() + 1))


def left_out(history: History, source_data: Mapping[str, str] | None = None) -> float:
    """The mean squared error of a record that is taken from those of the other models."""
    effect, kin = effects(history.values)[1], Kin(history, source_data or {})
    errors = []
    for place, name in enumerate(history.models):
        others = np.arange(len(effect)) != place
        centred = effect - effect[others].mean()
        errors.append(centred[place] - taken(centred, kin.of(name) * others))
    return float(np.mean(np.square(errors)))


def recalled(
    history: History,
    models: Sequence[str],
    most: int,
    source_data: Mapping[str, str] | None = None,
) -> list[str]:
    """Those with the best records, in the order of the models."""
    found = records(history, models, source_data).values
    best = set(np.argsort(-found, kind="stable")[:most].tolist())
    return [name for place, name in enumerate(models) if place in best]


class Kin:
    """Which models of a history are like another: k_j (m,), 0 or 1."""

    def __init__(self, history: History, source_data: Mapping[str, str]) -> None:
        self.source = {**history.source_data, **source_data}
        self.families = np.array([_family(name) for name in history.models])
        self.sources = np.array([self._learnt_from(name) for name in history.models])

    def of(self, name: str) -> np.ndarray:
        """Those of its family which are not known to have learnt from other data."""
        own = self._learnt_from(name)
        other = (self.sources != own) & (self.sources != "") & (own != "")
        return ((self.families == _family(name)) & ~other).astype(float)

    def _learnt_from(self, name: str) -> str:
        return self.source.get(name, "").casefold()


def _family(name: str) -> str:
    """The letters that a name begins with: resnet of resnet50_a1."""
    return re.split(r"[\d\W_]", name.casefold(), maxsplit=1)[0]
