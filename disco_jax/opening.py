"""From what a user names to feature sets that agree: one task, all the fields the metrics read.

Failures are errors at once, or kept by model where the run is to go on without them.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .errors import InputError
from .feature_files import feature_files, read_features
from .features import TASKS, FeatureSet
from .from_moments import readable
from .layers import rows_of
from .metrics import METRICS
from .planning import Plan, factors, inputs

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
    given: Mapping[str, Any] | str | os.PathLike[str],
    common: Mapping[str, Any],
    *,
    keep_going: bool,
) -> Hub:
    """Feature sets of a folder, or of a mapping to arrays, feature sets and paths.

    `common` holds fields that belong to every model, in place of its own.
    """
    named: Mapping[str, Any] = given if isinstance(given, Mapping) else feature_files(given)
    if not named:
        raise InputError("hub", "models", "there are none", "give one model or more")
    hub = Hub(keep_going=keep_going)
    for model, value in named.items():
        try:
            rows = rows_of(model, _feature_set(model, value, common))
            for twice in sorted(rows.keys() & named.keys() - {model}):
                problem = f"{twice} is there twice, as a layer of {model} and by itself"
                raise InputError("hub", "models", problem, "rename or remove one of them")
            hub.models |= rows
        except InputError as why:
            hub.fail(model, why)
    if common:
        _require_one_order(hub)
    return hub


def _require_one_order(hub: Hub) -> None:
    """Labels that are given once for all models belong to samples in one order."""
    ids = {m: np.asarray(f.ids).astype(np.str_) for m, f in hub.models.items() if f.ids is not None}
    for model, own in ids.items():
        first = next(iter(ids))
        if not np.array_equal(own, ids[first]):
            where = hub.models[model].file or model
            problem = f"not in the order of those of {first}, but what is given is one for both"
            remedy = "save labels or targets with each model, or its samples in the same order"
            hub.fail(model, InputError(where, "ids", problem, remedy))


def _feature_set(model: str, value: Any, common: Mapping[str, Any]) -> FeatureSet:
    if isinstance(value, str | os.PathLike):
        value = read_features(value)
    if not isinstance(value, FeatureSet):
        return FeatureSet(value, **common, name=model)
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
    """The task named, or the one that the models speak for."""
    if task is not None and task not in TASKS:
        raise InputError("task", task, "is unknown", f"use one of {', '.join(TASKS)}")
    first = ""
    for model, features in list(hub.models.items()):
        try:
            own = features.task() if task is None else task
        except InputError as why:
            hub.fail(model, why)
            continue
        if task is None:
            task, first = own, model
        elif own != task:
            problem = f"{own}, while {first} is {task}"
            where = features.file or model
            hub.fail(model, InputError(where, "task", problem, "score them apart, or say --task"))
    if task is None:
        raise hub.none_left()
    return task


def require_inputs(hub: Hub, plan: Plan) -> None:
    """Every model has the fields that the metrics read, and we the packages."""
    for spec in plan.specs:
        metric = METRICS[spec.name]
        if extra := metric.missing_extra:
            problem, remedy = f"{metric.package[0]} is missing", f"install disco-jax[{extra}]"
            raise InputError("metrics", spec.text, problem, remedy)
    for model, features in list(hub.models.items()):
        if features.moments is not None:
            continue  # they are refused by what they cannot give, see `from_moments`
        for field in sorted(inputs(plan)):
            if getattr(features, field) is not None:
                continue
            readers = [s.text for s in plan.specs if field in factors(plan, s)] or [plan.task]
            remedy = f"{readers[0]} needs them: save {field}, or leave {readers[0]} out"
            if field in TASKS[plan.task]:
                remedy = f"{plan.task} needs them, one row per sample"
            hub.fail(model, InputError(features.file or model, field, "missing", remedy))
            break


def with_inputs(hub: Hub, plan: Plan) -> tuple[Plan, tuple[str, ...]]:
    """The plan without metrics that read what some model lacks, and a warning for each reason."""
    kept, without = [], dict[str, list[str]]()
    summaries = [features for features in hub.models.values() if features.moments is not None]
    whole = [features for features in hub.models.values() if features.moments is None]
    for spec in plan.specs:
        if not all(readable(plan, spec, features) for features in summaries):
            without.setdefault("features", []).append(spec.text)
            continue
        fields = sorted(inputs(plan._replace(specs=(spec,))))
        missing = [
            field for field in fields if any(getattr(features, field) is None for features in whole)
        ]
        if missing and missing[0] not in TASKS[plan.task]:
            without.setdefault(missing[0], []).append(spec.text)
        elif extra := METRICS[spec.name].missing_extra:
            without.setdefault(f"disco-jax[{extra}] installed", []).append(spec.text)
        else:
            kept.append(spec)
    said = (f"hub: no {field}, so {', '.join(names)} left out" for field, names in without.items())
    return plan._replace(specs=tuple(kept)), tuple(said)


def number_of_classes(models: Collection[FeatureSet], task: str) -> int:
    """As many classes as the model with the most has; 2 for several labels at once."""
    if task == "regression":
        return 1
    labels = [features.labels for features in models if features.labels is not None]
    counts = [2 if len(a.shape) > 1 else len(np.unique(np.asarray(a))) for a in labels]
    return max(counts, default=1)


def on_different_samples(models: Mapping[str, FeatureSet]) -> bool:
    """Whether ids, or labels and numbers of samples, tell that models saw different samples."""
    marks = set()
    for features in models.values():
        told = next(a for a in (features.ids, features.labels, features.targets) if a is not None)
        marks.add((features.shape[0], features.ids is None, np.asarray(told).tobytes()))
    return len(marks) > 1
