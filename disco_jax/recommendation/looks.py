"""Looks at some models on the new task: how well they do there, from 0 to 1."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from disco_jax.errors import InputError

Look = Callable[[Sequence[str]], Mapping[str, float]]
SCORE = "ridge_loo"


def of_accuracies(truth: Mapping[str, float], whole: float) -> Look:
    """What became of models that were fine-tuned there; of others nothing."""
    return lambda models: {name: truth[name] / whole for name in models if name in truth}


def of_features(folder: str | os.PathLike[str]) -> Look:
    """The leave-one-out accuracy of ridge regression on their features."""

    def look(models: Sequence[str]) -> Mapping[str, float]:
        from disco_jax.scoring import score

        if not Path(folder).is_dir():
            remedy = "give a folder with a features file per model"
            raise InputError(folder, "features", "no such folder", remedy)
        there = {path.stem: path for path in sorted(Path(folder).iterdir())}
        if missing := [name for name in models if name not in there]:
            problem = f"no features of {', '.join(missing)}"
            raise InputError(folder, "features", problem, "extract them, or choose another method")
        found = score({name: there[name] for name in models}, metrics=SCORE).scores
        return {name: max(found[name][SCORE] or 0.0, 0.0) for name in models}

    return look


def noted(look: Look, asked: list[str]) -> Look:
    """The same, with the names of those that it knew about added to a list."""

    def look_and_note(models: Sequence[str]) -> Mapping[str, float]:
        found = look(models)
        asked.extend(found)
        return found

    return look_and_note
