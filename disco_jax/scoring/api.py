"""`score`: a hub of feature sets in, a table of scores out.

    features --check, pad--> buckets --one program each--> results --combine--> table

The steps are `models`, `plan`, `inputs`, `buckets`, `program`, `run` and `tabulate`.
"""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from disco_jax.errors import InputError
from disco_jax.machine import memory_bytes
from disco_jax.metrics import default, is_all, parse
from disco_jax.progress import Progress
from disco_jax.results import ScoreTable

from .bootstrap import affordable, resamples
from .inputs import require_inputs, with_inputs
from .models import agree_on_task, are_different_samples, number_of_classes, opened
from .plan import plan_of
from .resume import Parts
from .run import Job, run_all
from .tabulate import tabulate

GIGABYTE = 10**9
RUNTIME_BYTES = 6 * 10**8  # jax, its compiler and compiled programs


def score(
    hub: Any,
    *,
    labels: Any = None,
    targets: Any = None,
    boxes: Any = None,
    metrics: str | Collection[str] | None = None,
    task: str | None = None,
    bootstrap: int | None = 0,
    seed: int = 0,
    memory: float | None = None,
    keep_going: bool = False,
    progress: Progress | None = None,
    resume: str | os.PathLike[str] | None = None,
    group_layers: bool = False,
    pool: str | None = None,
) -> ScoreTable:
    """Score every model of a hub; higher is better.

    Args:
        hub: `{name: features (n, d), FeatureSet or path}`, a list of these, one array
            (models, n, d), or a folder with a file per model. Features and labels are arrays of
            NumPy, jax or torch, frames and columns of pandas, polars or pyarrow, or lists. Features
            may also be a `datasets.Dataset`, or come in batches, from a generator or a loader, as
            (features, labels).
        labels: Classes for all models, in place of those of the feature sets.
        targets: The same for regression, (n,) or (n, t).
        boxes: The same for detection, (n, 4).
        metrics: Specs as `"disco,gbc:pca=64"`, a list of them, or `"all"`; a few by default.
        task: classification, regression or detection; inferred where the data leave no choice.
        bootstrap: Resamples for intervals; 0 for none, None for 100 where that takes a few seconds
            (`scoring.bootstrap` says by which sizes).
        seed: Which resamples are drawn.
        memory: Gigabytes that the process may use; half of the machine's by default.
        keep_going: A model that cannot be scored becomes a failure in the table.
        progress: Called with each model that is done, how many are, and the number of all.
        resume: Name of a result file: finished models are kept beside it (`resume`) until the
            caller has written it, so that an interrupted run can go on.
        group_layers: Rank models by their best layer, not every layer by itself (`results.order`).
        pool: Features may be those of tokens, (n, t, d), of which this makes (n, d): mean, cls (the
            first token) or max. One array for the hub is then (models, n, t, d).

    Raises:
        InputError: Input that cannot be scored: which file, which field, what to do.
        SpecError: A metric or option that does not exist, with the nearest that does.
    """
    common = {"labels": labels, "targets": targets, "boxes": boxes}
    common = {name: array for name, array in common.items() if array is not None}
    found = opened(hub, common, keep_going=keep_going, pool=pool)
    task = agree_on_task(found, task)
    specs = default(task) if metrics is None else parse(metrics, task)
    plan = plan_of(specs, task, number_of_classes(found.models.values(), task))
    warnings: tuple[str, ...] = ()
    if is_all(metrics):
        plan, warnings = with_inputs(found, plan)
    require_inputs(found, plan)
    models = dict(found.models)
    count = affordable(plan, models) if bootstrap is None else bootstrap
    weights = resamples(models, count, seed) if count and models else {}
    store = None if resume is None else Parts(Path(resume), plan, weights)
    job = Job(plan, *budget(memory), weights, store)
    scored = run_all(job, found, progress)
    if are_different_samples({model: models[model] for model in scored}):
        warnings += ("hub: models were scored on different samples, so scores may not compare",)
    ordered = {model: scored[model] for model in models if model in scored}
    return tabulate(
        plan,
        ordered,
        models,
        warnings=warnings,
        failures=found.failures,
        grouped=group_layers,
    )


def budget(memory: float | None) -> tuple[int, str]:
    """Bytes for arrays, and the limit in words."""
    if memory is None:
        memory = memory_bytes() / 2 / GIGABYTE
    budget = int(memory * GIGABYTE) - RUNTIME_BYTES
    if budget <= 0:
        problem = f"{memory:g} GB is less than the runtime itself takes"
        raise InputError("memory", "gigabytes", problem, "give 1 or more")
    return budget, f"{memory:.3g} GB"
