"""`score`: a hub of feature sets in, a table of scores out.

    features --check, pad--> buckets --one program each--> results --combine--> table

The steps are `models`, `plan`, `inputs`, `buckets`, `program`, `run` and `tabulate`.
"""

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from disco_jax.errors import InputError
from disco_jax.metrics import default, is_all, parse
from disco_jax.progress import Progress
from disco_jax.results import ScoreTable

from .bootstrap import affordable, resamples
from .inputs import require_inputs, with_inputs
from .memory import budget as bytes_of
from .models import agree_on_task, are_different_samples, number_of_classes, opened
from .plan import plan_of
from .race_features import race_features
from .resume import Parts, folder_of
from .run import Job, run_all
from .tabulate import tabulate


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
    race: bool = False,
    budget: float | None = None,
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
        race: Score all models by the first metric on a few samples and only those that are not
            clearly behind on more (`scoring.rounds`). The table is then of the models that are left
            in the last round, on the samples that it had.
        budget: Seconds after which a race ends with what it knows.

    Raises:
        InputError: Input that cannot be scored: which file, which field, what to do.
        SpecError: A metric or option that does not exist, with the nearest that does.
    """
    if budget is not None and not race:
        raise InputError("score", "budget", "there is no race to end", "add race, or leave it out")
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
    raced = None
    if race:
        raced = race_features(
            found,
            task,
            plan.specs[0].text,
            seconds=budget,
            seed=seed,
            memory=memory,
            progress=progress,
            resume=None if resume is None else folder_of(Path(resume)),
        )
        found.models = raced.features
        plan = plan._replace(num_classes=number_of_classes(found.models.values(), task))
    models = dict(found.models)
    count = affordable(plan, models) if bootstrap is None else bootstrap
    weights = resamples(models, count, seed) if count and models else {}
    store = None if resume is None else Parts(Path(resume), plan, weights)
    job = Job(plan, *bytes_of(memory), weights, store)
    scored = run_all(job, found, progress)
    if are_different_samples({model: models[model] for model in scored}):
        warnings += ("hub: models were scored on different samples, so scores may not compare",)
    ordered = {model: scored[model] for model in models if model in scored}
    table = tabulate(
        plan,
        ordered,
        models,
        warnings=warnings,
        failures=found.failures,
        grouped=group_layers,
    )
    return table if raced is None else replace(table, race=raced.to_dict())
