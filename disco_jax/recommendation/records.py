"""The record of models: how good each is wherever it was tried (`history.effects`).

A model without one takes the mean of those that are named like it, up to the first digit or sign,
and where there is none the mean of all. A row `model@layer` has the record of its model.
"""

import re
from collections.abc import Sequence
from statistics import fmean

import numpy as np

from disco_jax.errors import InputError
from disco_jax.history import History, effects
from disco_jax.results import split


def records(history: History, models: Sequence[str]) -> tuple[np.ndarray, dict[str, list[str]]]:
    """(the records (m,), per model without one the models whose record it takes).

    Raises:
        InputError: None of the models is in the history.
    """
    effect = dict(zip(history.models, effects(history.values)[1].tolist(), strict=True))
    if not effect.keys() & {split(row)[0] for row in models}:
        known = ", ".join(history.models[:3])
        problem = f"knows none of the models; it knows {known}, ..."
        raise InputError("history", "models", problem, "name models alike in both")
    kin: dict[str, list[str]] = {}
    for name in effect:
        kin.setdefault(_family(name), []).append(name)
    like = {
        row: kin.get(_family(row), list(effect)) for row in models if split(row)[0] not in effect
    }
    found = [fmean(effect[name] for name in like.get(row, [split(row)[0]])) for row in models]
    return np.array(found), like


def recalled(history: History, models: Sequence[str], most: int) -> list[str]:
    """Those with the best records, in the order of the models."""
    found, _ = records(history, models)
    best = set(np.argsort(-found, kind="stable")[:most].tolist())
    return [name for place, name in enumerate(models) if place in best]


def _family(name: str) -> str:
    """The letters that a name begins with: resnet of resnet50_a1."""
    return re.split(r"[\d\W_]", name.casefold(), maxsplit=1)[0]
