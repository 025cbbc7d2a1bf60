"""The run over a hub: one bucket after the other, one batch after the other, results as they come.

While a batch computes, the next one is read and its values are checked. Where a truncated
factorisation reports a residual above its bound the model is computed again with a full one. A
model that does not fit into the budget is streamed; one kept as moments comes first.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from .batching import Bucket, Shapes, buckets, padded
from .bootstrap import over_resamples
from .errors import InputError
from .feature_values import on_device
from .features import EXTRAS, Checked, FeatureSet
from .from_moments import refuse_without_features, score_moments
from .planning import RESIDUAL, Plan, inputs, program
from .sharding import SPREAD_BYTES, devices, on_devices, over_models, per_call, rows_on_devices
from .streaming import refuse_unstreamable, stream

BOUND = 1e-4  # on the residual of a factorisation

Found = dict[str, dict[str, np.ndarray]]  # spec -> field -> value, of one model


class Scored(NamedTuple):
    """What is known of one model after its run."""

    results: Found
    resampled: Found  # the same with a leading axis of resamples; empty without
    warnings: tuple[str, ...]


class Store(Protocol):
    """Where finished models are kept between runs."""

    def get(self, model: str, features: FeatureSet, shapes: Shapes) -> Scored | None:
        """What an earlier run found, if it asked for the same of the same data."""

    def put(self, model: str, features: FeatureSet, shapes: Shapes, scored: Scored) -> None:
        """Keep what was found."""


class Job(NamedTuple):
    """What all models of a run have in common."""

    plan: Plan
    budget: int  # bytes for arrays
    limit: str  # the same as a person would say it
    resamples: Mapping[str, np.ndarray]  # weights (resamples, n) by model
    store: Store | None = None


class _Loaded(NamedTuple):
    model: str
    checked: Checked
    arrays: dict[str, Any]


def run(job: Job, models: Mapping[str, FeatureSet]) -> Iterator[tuple[str, Scored | InputError]]:
    """Every model with what was found, or why nothing was; in the order of the buckets."""
    for model, features in models.items():
        if features.moments is not None:
            yield model, _summarised(job, features)
    models = {model: features for model, features in models.items() if features.moments is None}
    for bucket in buckets(models, inputs(job.plan)):
        todo = []
        for model in bucket.models:
            kept = job.store.get(model, models[model], bucket.shapes) if job.store else None
            if kept is None:
                todo.append(model)
            else:
                yield model, kept
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
        begun = (loaded, _start(job.plan, loaded, size)) if loaded else None
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
    return features.check(plan.task, also=inputs(plan) & {*EXTRAS})


def _start(plan: Plan, loaded: Sequence[_Loaded], size: int) -> Any:
    """Results to come, the models of the batch along their first axis."""
    arrays = [each.arrays for each in loaded]
    if len(arrays) == 1 and devices() > 1 and arrays[0]["features"].nbytes >= SPREAD_BYTES:
        alone = program(plan)(rows_on_devices(arrays[0]))
        return jax.tree.map(lambda leaf: leaf[None], alone)
    arrays += [arrays[-1]] * (size - len(arrays))
    stacked = jax.tree.map(_stacked, *arrays)
    return over_models(plan)(on_devices(stacked))


def _stacked(*leaves: Any) -> Any:
    """The leaves along a new first axis, where the first is; one alone is not copied."""
    if len(leaves) == 1:
        return leaves[0][None]
    return jnp.stack(leaves) if on_device(leaves[0]) else np.stack(leaves)


def _collect(job: Job, loaded: Sequence[_Loaded], results: Any) -> Iterator[tuple[str, Scored]]:
    found = jax.device_get(results)
    for place, each in enumerate(loaded):
        plan = job.plan
        own = jax.tree.map(lambda leaf, place=place: leaf[place], found)
        if own[RESIDUAL][RESIDUAL] > BOUND:
            plan = plan._replace(method="full")
            own = jax.device_get(program(plan)(each.arrays))
        resampled: Found = {}
        if each.model in job.resamples:
            weights = _padded(job.resamples[each.model], len(each.arrays["where"]))
            resampled = jax.device_get(over_resamples(plan)(each.arrays, weights))
            del resampled[RESIDUAL]
        del own[RESIDUAL]
        yield each.model, Scored(own, resampled, each.checked.warnings)


def _padded(weights: np.ndarray, rows: int) -> np.ndarray:
    return np.pad(weights, ((0, 0), (0, rows - weights.shape[1])))


def _streamed(job: Job, features: FeatureSet) -> Scored | InputError:
    try:
        refuse_unstreamable(job.plan, features, job.limit)
        checked = _check(job.plan, features)
    except InputError as why:
        return why
    found = jax.device_get(stream(job.plan, features, checked))
    return _unresampled(job, features, checked, found, "streamed")


def _summarised(job: Job, features: FeatureSet) -> Scored | InputError:
    try:
        refuse_without_features(job.plan, features)
        features = features.in_memory()
        checked = _check(job.plan, features)
    except InputError as why:
        return why
    found = jax.device_get(score_moments(job.plan, features, checked))
    return _unresampled(job, features, checked, found, "only their moments are kept")


def _unresampled(
    job: Job, features: FeatureSet, checked: Checked, found: Any, because: str
) -> Scored:
    warnings = checked.warnings
    if job.resamples:
        name = features.file or features.name
        warnings += (f"{name}: features: {because}, so there are no resamples and no interval",)
    del found[RESIDUAL]
    return Scored(found, {}, warnings)
