"""From what a user names to feature sets that agree on one task and on their samples.

Failures are errors at once, or kept by model where the run is to go on without them.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.errors import InputError
from disco_jax.features import (
    TASKS,
    FeatureSet,
    check_pool,
    feature_files,
    feature_set_of,
    rows_of,
)

Failures = dict[str, str]  # model -> one line


class Hub:
    """The models that can still be scored, and why the others cannot."""

    def __init__(self, *, keep_going: bool) -> None:
        self.models: dict[str, FeatureSet] = {}
        self.failures: Failures = {}
        self.keep_going = keep_going

    def fail(self, model: str, why: InputError) -> None:
        """Drop a model; the error itself where nobody asked to keep going."""
        if not self.keep_going:
            raise why
        self.models.pop(model, None)
        self.failures[model] = str(why)

    def none_left(self) -> InputError:
        """That there is no model to go on with, and why the first was dropped."""
        why = next(iter(self.failures.values()), "give one model or more")
        return InputError("hub", "models", "none could be scored", why)


def opened(
    given: Any,
    common: Mapping[str, Any],
    *,
    keep_going: bool,
    pool: str | None = None,
) -> Hub:
    """Feature sets of a folder, or of arrays, feature sets and paths, by name or in a list.

    `common` holds fields that belong to every model, in place of its own.
    """
    check_pool(pool)
    named = _named(given, pool)
    if not named:
        raise InputError("hub", "models", "there are none", "give one model or more")
    hub = Hub(keep_going=keep_going)
    for model, value in named.items():
        try:
            rows = rows_of(model, _feature_set(model, value, common, pool))
            for twice in sorted(rows.keys() & named.keys() - {model}):
                problem = f"{twice} is there twice, as a layer of {model} and by itself"
                raise InputError("hub", "models", problem, "rename or remove one of them")
            hub.models |= rows
        except InputError as why:
            hub.fail(model, why)
    if common:
        _require_one_order(hub)
    return hub


def _named(given: Any, pool: str | None) -> Mapping[str, Any]:
    """The models by name; those of a list or of one array (models, n, d) by their place.

    One array of tokens has another axis, (models, n, t, d).
    """
    if isinstance(given, Mapping):
        return given
    if isinstance(given, str | os.PathLike):
        return feature_files(given)
    shape = getattr(given, "shape", None)
    axes = "(models, n, d)" if pool is None else "(models, n, t, d)"
    if not isinstance(given, Sequence) and (shape is None or len(shape) != axes.count(",") + 1):
        found = type(given).__name__ if shape is None else f"an array {tuple(shape)}"
        remedy = f"give {{name: features}}, a list of features, an array {axes} or a folder"
        raise InputError("hub", "models", f"{found} names no models", remedy)
    named = {}
    for place, value in enumerate(given):
        name = getattr(value, "name", None) if isinstance(value, FeatureSet) else None
        if isinstance(value, str | os.PathLike):
            name = Path(value).stem
        name = name or f"model {place}"
        if name in named:
            raise InputError("hub", "models", f"{name} is there twice", "give {name: features}")
        named[name] = value
    return named


def _require_one_order(hub: Hub) -> None:
    """Labels that are given once for all models belong to samples in one order."""
    ids = {m: np.asarray(f.ids).astype(np.str_) for m, f in hub.models.items() if f.ids is not None}
    for model, own in ids.items():
        first = next(iter(ids))
        if not np.array_equal(own, ids[first]):
            where = hub.models[model].origin
            problem = f"not in the order of those of {first}, but what is given is one for both"
            remedy = "save labels or targets with each model, or its samples in the same order"
            hub.fail(model, InputError(where, "ids", problem, remedy))


def _feature_set(model: str, value: Any, common: Mapping[str, Any], pool: str | None) -> FeatureSet:
    value = feature_set_of(model, value, pool)
    if value.moments is not None and common:
        problem = "kept with their own labels or targets, so no others can be given"
        remedy = "leave those out, or extract again with them"
        raise InputError(value.file or model, "moments", problem, remedy)
    if "targets" in common:  # what a file has for another task is not asked for
        common = {"labels": None, "boxes": None, **common}
    elif common:
        common = {"targets": None, **common}
    return replace(value, **common, name=model)


def agree_on_task(hub: Hub, task: str | None) -> str:
    """The task named, or the one that the first model speaks for."""
    if task is not None and task not in TASKS:
        raise InputError("task", task, "is unknown", f"use one of {', '.join(TASKS)}")
    for model, features in list(hub.models.items()):
        if task is not None:
            break  # what the others lack for it is said where they are checked
        try:
            task = features.task()
        except InputError as why:
            hub.fail(model, why)
    if task is None:
        raise hub.none_left()
    return task


def number_of_classes(models: Collection[FeatureSet], task: str) -> int:
    """As many classes as the model with the most has; 2 for several labels at once."""
    if task == "regression":
        return 1
    labelled = [features for features in models if features.labels is not None]
    counts = [2 if f.multilabel else len(np.unique(np.asarray(f.labels))) for f in labelled]
    return max(counts, default=1)


def are_different_samples(models: Mapping[str, FeatureSet]) -> bool:
    """Whether ids, or labels and numbers of samples, tell that models saw different samples."""
    marks = set()
    for features in models.values():
        told = next(a for a in (features.ids, features.labels, features.targets) if a is not None)
        marks.add((features.shape[0], features.ids is None, np.asarray(told).tobytes()))
    return len(marks) > 1
