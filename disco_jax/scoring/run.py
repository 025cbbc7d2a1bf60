"""The run over a hub: one bucket after the other, one batch after the other, results as they come.

While a batch computes, the next one is read and its values are checked. Where a truncated
factorisation reports a residual above its bound the model is computed again with a full one. A
model that does not fit into the budget is streamed; one kept as moments comes first.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from disco_jax.errors import InputError
from disco_jax.features import EXTRAS, Checked, FeatureSet, on_device
from disco_jax.progress import Progress

from .bootstrap import over_resamples
from .buckets import Bucket, buckets, padded
from .devices import (
    SPREAD_BYTES,
    devices,
    over_models,
    per_call,
    spread_models,
    spread_rows,
)
from .from_moments import score_moments
from .inputs import refuse_unstreamable, refuse_without_features
from .models import Hub
from .plan import Plan
from .program import program
from .scored import Found, Scored, Store
from .streaming import stream

BOUND = 1e-4  # on the residual of a factorisation


class Job(NamedTuple):
    """What all models of a run have in common."""

    plan: Plan
    budget: int  # bytes for arrays
    limit: str  # the budget in words
    resamples: Mapping[str, np.ndarray]  # weights (resamples, n) by model
    store: Store | None = None


class _Loaded(NamedTuple):
    model: str
    checked: Checked
    arrays: dict[str, Any]


def run_all(job: Job, hub: Hub, progress: Progress | None = None) -> dict[str, Scored]:
    """What was found of every model of a hub, which is told of those that failed.

    Raises:
        InputError: A model failed and the hub does not go on without it, or all have.
    """
    models, scored = dict(hub.models), dict[str, Scored]()
    for done, (model, result) in enumerate(run(job, models), 1):
        if isinstance(result, InputError):
            hub.fail(model, result)
        else:
            scored[model] = result
        if progress is not None:
            progress(model, done, len(models))
    if not scored:
        raise hub.none_left()
    return scored


def run(job: Job, models: Mapping[str, FeatureSet]) -> Iterator[tuple[str, Scored | InputError]]:
    """Every model with what was found, or why nothing was; in the order of the buckets."""
    for model, features in models.items():
        if features.moments is not None:
            yield model, _from_moments(job, features)
    models = {model: features for model, features in models.items() if features.moments is None}
    for bucket in buckets(models, job.plan.inputs):
        todo = []
        for model in bucket.models:
            kept = job.store.get(model, models[model], bucket.shapes) if job.store else None
            if kept is None:
                todo.append(model)
            else:
                yield model, kept
        if not todo:
            continue
        for model, found in _run_bucket(job, bucket._replace(models=tuple(todo)), models):
            if job.store and isinstance(found, Scored):
                job.store.put(model, models[model], bucket.shapes, found)
            yield model, found


def _run_bucket(
    job: Job, bucket: Bucket, models: Mapping[str, FeatureSet]
) -> Iterator[tuple[str, Scored | InputError]]:
    one = working_bytes(bucket)
    if one > job.budget:
        for model in bucket.models:
            yield model, _streamed(job, models[model])
        return
    size = per_call(len(bucket.models), one, job.budget)
    running: tuple[list[_Loaded], Any] | None = None
    for start in range(0, len(bucket.models), size):
        loaded = []
        for model in bucket.models[start : start + size]:
            try:
                loaded.append(_load(job, bucket, model, models[model]))
            except InputError as why:
                yield model, why
        begun = (loaded, _start(job, loaded, size)) if loaded else None
        if running:
            yield from _collect(job, *running)
        running = begun
    if running:
        yield from _collect(job, *running)


def working_bytes(bucket: Bucket) -> int:
    """Memory that one model takes: as read, padded, on its device, and small float64 matrices."""
    n, d = dict(bucket.shapes)["features"]
    return 3 * 4 * n * d + 6 * 8 * min(n, d) ** 2


def _load(job: Job, bucket: Bucket, model: str, features: FeatureSet) -> _Loaded:
    features = features.in_memory()
    checked = _check(job.plan, features)
    return _Loaded(model, checked, padded(features, checked, bucket))


def _check(plan: Plan, features: FeatureSet) -> Checked:
    return features.check(plan.task, also=plan.inputs & {*EXTRAS})


def _start(job: Job, loaded: Sequence[_Loaded], size: int) -> Any:
    """Results to come: of the models along a first axis, or a list where there are resamples."""
    plan = job.plan
    if job.resamples:
        return [_alone(job, each) for each in loaded]
    arrays = [each.arrays for each in loaded]
    if len(arrays) == 1 and devices() > 1 and arrays[0]["features"].nbytes >= SPREAD_BYTES:
        alone = program(plan)(spread_rows(arrays[0]))
        return jax.tree.map(lambda leaf: leaf[None], alone)
    arrays += [arrays[-1]] * (size - len(arrays))
    stacked = jax.tree.map(_stacked, *arrays)
    return over_models(plan)(spread_models(stacked))


def _alone(job: Job, each: _Loaded) -> Any:
    """Results of one model; with resamples all samples and then these along a first axis."""
    if not job.resamples:
        return program(job.plan)(each.arrays)
    there, drawn = each.arrays["where"].astype(np.int32), job.resamples[each.model]
    drawn = np.pad(drawn, ((0, 0), (0, len(there) - drawn.shape[1])))
    return over_resamples(job.plan)(each.arrays, np.vstack([there, drawn]))


def _stacked(*leaves: Any) -> Any:
    """The leaves along a new first axis, where the first is; one alone is not copied."""
    if len(leaves) == 1:
        return leaves[0][None]
    return jnp.stack(leaves) if on_device(leaves[0]) else np.stack(leaves)


def _collect(job: Job, loaded: Sequence[_Loaded], results: Any) -> Iterator[tuple[str, Scored]]:
    found = jax.device_get(results)
    for place, each in enumerate(loaded):
        own = found[place] if job.resamples else _at(found, place)
        if np.ravel(own.residual)[0] > BOUND:
            full = job._replace(plan=job.plan._replace(method="full"))
            own = jax.device_get(_alone(full, each))
        resampled: Found = {}
        whole = own.results
        if job.resamples:
            whole = _at(own.results, 0)
            resampled = jax.tree.map(lambda leaf: leaf[1:], own.results)
        yield each.model, Scored(whole, resampled, each.checked.warnings)


def _at(found: Any, place: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[place], found)


def _streamed(job: Job, features: FeatureSet) -> Scored | InputError:
    try:
        refuse_unstreamable(job.plan, features, job.limit)
        checked = _check(job.plan, features)
    except InputError as why:
        return why
    found: Any = jax.device_get(stream(job.plan, features, checked))
    return _unresampled(job, features, checked, found, "streamed")


def _from_moments(job: Job, features: FeatureSet) -> Scored | InputError:
    try:
        refuse_without_features(job.plan, features)
        features = features.in_memory()
        checked = _check(job.plan, features)
    except InputError as why:
        return why
    found: Any = jax.device_get(score_moments(job.plan, features, checked))
    return _unresampled(job, features, checked, found, "only their moments are kept")


def _unresampled(
    job: Job, features: FeatureSet, checked: Checked, found: Any, because: str
) -> Scored:
    warnings = checked.warnings
    if job.resamples:
        warnings += (
            f"{features.origin}: features: {because}, so there are no resamples and no interval",
        )
    return Scored(found.results, {}, warnings)
