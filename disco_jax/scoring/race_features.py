"""A race of features that are there already: what a sample costs is the scoring of a row.

A round reads the rows that it needs, so that a file may be larger than memory. Models are compared
on the same samples, which are known by their ids, or by their place where there are none.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from disco_jax.errors import InputError
from disco_jax.features import TASKS, FeatureSet
from disco_jax.progress import Progress

from .bootstrap import classes_of, ids_of
from .models import Hub
from .rounds import Race, race, require_raceable

COUNTED = "rows of features"


def race_features(
    hub: Hub,
    task: str,
    metric: str,
    *,
    seconds: float | None = None,
    seed: int = 0,
    memory: float | None = None,
    progress: Progress | None = None,
    resume: Path | None = None,
) -> Race:
    """Race the models of a hub, which is told of those that cannot be raced or scored.

    Raises:
        InputError: Detection is asked for, or a model has other samples than the first, or only
            moments, and the hub does not go on without it, or none is left.
    """
    require_raceable(task, "score")
    places = _in_one_order(hub, TASKS[task][0])
    if not hub.models:
        raise hub.none_left()
    models = dict(hub.models)

    def of(names: Sequence[str], some: np.ndarray, seen: int) -> dict[str, FeatureSet]:
        return {name: models[name].take(places[name][some]) for name in names}

    def failed(model: str, why: ValueError) -> None:
        hub.failures[model] = str(why)

    return race(
        list(models),
        of,
        classes_of(next(iter(models.values()))),
        task,
        metric,
        seconds=seconds,
        seed=seed,
        memory=memory,
        failed=failed if hub.keep_going else None,
        progress=progress,
        resume=resume,
        counted=COUNTED,
    )


def _in_one_order(hub: Hub, field: str) -> dict[str, np.ndarray]:
    """Where each model has the samples of the first one, whose labels or targets are the same."""
    found: dict[str, np.ndarray] = {}
    for model, features in list(hub.models.items()):
        if features.moments is not None:
            problem, remedy = "a race takes some samples, these are of all", "extract the features"
            hub.fail(model, InputError(features.origin, "moments", problem, remedy))
            continue
        ids, given = ids_of(features), np.asarray(getattr(features, field))
        order = np.argsort(ids, kind="stable")
        if not found:
            first, known, expected, back = model, ids[order], given, np.argsort(order)
        if not np.array_equal(ids[order], known):
            problem = f"not the samples of {first}, and a race compares models on the same"
            remedy = "save the same samples with each model, or leave the race out"
            hub.fail(model, InputError(features.origin, "ids", problem, remedy))
        elif not np.array_equal(given[order[back]], expected):
            problem = f"not those of {first} for the same samples"
            remedy = "correct them, or save ids with each model"
            hub.fail(model, InputError(features.origin, field, problem, remedy))
        else:
            found[model] = order[back]
    return found
