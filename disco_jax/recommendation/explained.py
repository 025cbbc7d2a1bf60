"""What drove a recommendation: the record of a model, its twins, and who was looked at for it."""

from typing import Any

import numpy as np

from disco_jax.history import History, effects, twins

from .two_phase import groups


def explained(history: History, looked: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Per model, as JSON.

    record: how far its accuracies lie above those of all models on the same tasks
    tasks: on how many it was tried
    twins: models that did alike on every task
    through: the model of its group that was looked at on the new task, where one was
    """
    _, effect = effects(history.values)
    tried = (~np.isnan(history.values)).sum(1)
    alike: dict[str, list[str]] = {model: [] for model in history.models}
    for one, other in twins(history):
        alike[one].append(other)
        alike[other].append(one)
    found: dict[str, dict[str, Any]] = {
        model: {"record": float(above), "tasks": int(count), "twins": alike[model]}
        for model, above, count in zip(history.models, effect, tried, strict=True)
    }
    for group in groups(history) if looked else ():
        first = history.models[group[0]]
        for place in group if first in looked else ():
            found[history.models[place]]["through"] = first
    return found
