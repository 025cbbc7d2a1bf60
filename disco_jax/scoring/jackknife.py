"""Scores without a tenth of the samples, each tenth in turn and the same for all models.

With D_k the difference of two models without the k-th of K parts, and D its mean over the parts,
the standard error of their difference is

    sqrt((K - 1) / K sum_k (D_k - D)^2)

No sample is there twice, as in a bootstrap, so that scores of samples that are left out stay that.

Reference: Shao and Wu, A general theory for jackknife variance estimation, Ann. Statist. 1989.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from disco_jax.errors import InputError
from disco_jax.features import FeatureSet
from disco_jax.metrics import parse
from disco_jax.progress import Failed, Progress

from .bootstrap import classes_of
from .buckets import buckets
from .inputs import require_inputs
from .memory import budget
from .models import number_of_classes, opened
from .plan import plan_of
from .resume import Parts
from .run import Job, run_all, working_bytes
from .tabulate import scores_of

PARTS = 10


class TooLarge(InputError):
    """Features that do not fit into memory, which could only be streamed, without parts."""


def jackknife(
    hub: Mapping[str, FeatureSet],
    metric: str,
    task: str,
    *,
    memory: float | None = None,
    failed: Failed | None = None,
    progress: Progress | None = None,
    resume: Path | None = None,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """({model: score}, {model: (parts,) scores without each part}) by one metric.

    All models have the same samples, in the same order. `failed` is called with one that cannot be
    scored, which is then left out; `progress` and `resume` are those of `score`.

    Raises:
        InputError: A model cannot be scored, and there is no `failed`, or none can.
        TooLarge: A model does not fit into memory.
    """
    found = opened(hub, {}, keep_going=failed is not None)
    plan = plan_of(parse(metric, task), task, number_of_classes(found.models.values(), task))
    require_inputs(found, plan)
    weights = without_each_part(classes_of(next(iter(found.models.values()))))
    resamples = dict.fromkeys(found.models, weights)
    store = None if resume is None else Parts(resume, plan, resamples)
    job = Job(plan, *budget(memory), resamples, store)
    _require_room(job, found.models)
    scored = run_all(job, found, progress)
    if failed is not None:
        for model, why in found.failures.items():
            failed(model, ValueError(why))
    (spec,) = plan.specs
    whole = scores_of(plan, spec, {model: each.results for model, each in scored.items()})
    parts = scores_of(plan, spec, {model: each.resampled for model, each in scored.items()})
    return {model: float(value) for model, value in whole.items()}, parts


def _require_room(job: Job, hub: Mapping[str, FeatureSet]) -> None:
    for bucket in buckets(hub, job.plan.inputs):
        if working_bytes(bucket) > job.budget:
            features = hub[bucket.models[0]]
            n, d = features.shape
            problem = f"{n} x {d} do not fit into {job.limit}, and a race scores them at once"
            raise TooLarge(features.origin, "features", problem, "give more --memory")


def without_each_part(classes: np.ndarray, parts: int = PARTS) -> np.ndarray:
    """Weights (parts, n), 0 or 1; of every class about as many are left out each time."""
    part = np.empty(len(classes), int)
    part[np.argsort(classes, kind="stable")] = np.arange(len(classes)) % parts
    return (part != np.arange(min(parts, len(classes)))[:, None]).astype(np.int32)


def standard_error(first: np.ndarray, second: np.ndarray) -> float:
    """Of the difference of two models, from their scores without each part."""
    apart = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    return float(np.sqrt((len(apart) - 1) * np.mean((apart - apart.mean()) ** 2)))
