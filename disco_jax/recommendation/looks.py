"""What is known of a new task: how well some models do there, from 0 to 1, and what it is like."""

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from disco_jax.errors import InputError
from disco_jax.features import feature_files, read_features

from .nearest_tasks import Likeness, likeness

Look = Callable[[Sequence[str]], Mapping[str, float]]
SCORE = "ridge_loo"
MOST = 500  # samples of a task that the proxy looks at


def of_accuracies(truth: Mapping[str, float], whole: float) -> Look:
    """What became of models that were fine-tuned there; of others nothing."""
    return lambda models: {name: truth[name] / whole for name in models if name in truth}


def of_features(folder: str | os.PathLike[str]) -> Look:
    """The leave-one-out accuracy of ridge regression on their features."""

    def look(models: Sequence[str]) -> Mapping[str, float]:
        from disco_jax.scoring import score

        there = feature_files(folder)
        if missing := [name for name in models if name not in there]:
            problem = f"no features of {', '.join(missing)}"
            raise InputError(folder, "features", problem, "extract them, or choose another method")
        found = score({name: there[name] for name in models}, metrics=SCORE).scores
        return {name: max(found[name][SCORE] or 0.0, 0.0) for name in models}

    return look


def of_proxy(folder: str | os.PathLike[str]) -> Likeness:
    """How alike tasks look, from the features that one network gives for samples of each."""
    found = {name: read_features(path) for name, path in feature_files(folder).items()}
    if len(widths := {each.shape[1] for each in found.values()}) > 1:
        problem = f"features of {' and '.join(map(str, sorted(widths)))} columns"
        raise InputError(folder, "proxy", problem, "take one network for all tasks")
    return likeness({name: np.asarray(each.features)[:MOST] for name, each in found.items()})


def noted(look: Look, asked: list[str]) -> Look:
    """The same, with the names of those that it knew about added to a list."""

    def look_and_note(models: Sequence[str]) -> Mapping[str, float]:
        found = look(models)
        asked.extend(found)
        return found

    return look_and_note
