"""What is missing of a plan, or of a shard of it, is computed: here, or by an engine.

Each cell that failed before is tried once more, until it has been tried `TRIES` times; whether and
when to start again is for whoever started this. Models that failed before come last, and those that
another worker is at: where nobody says who does what, workers keep out of each other's way.
"""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from disco_jax.errors import InputError, did_you_mean
from disco_jax.progress import Progress

from .named import check_versions
from .one_model import Open, walk
from .plan import Model, Plan, read_plan, result_name, rows_of
from .shards import Shard, part_of
from .store import Store
from .under_way import places

ENGINES = {"local": "on_processes", "ray": "on_ray", "slurm": "on_slurm"}
DIED = "its worker is gone in the middle of it: killed, or out of memory"


class Left(NamedTuple):
    """What is left of a shard when a worker is through: cells without a result."""

    to_try: int
    given_up: int


def work(
    folder: Path,
    *,
    on: str = "local",
    workers: int = 1,
    shard: Shard = (0, 1),
    address: str | None = None,
    offline: bool = False,
    open_model: Open | None = None,
    progress: Progress | None = None,
) -> Left:
    """Walk every model of a shard that has something to try.

    Args:
        folder: Of the plan.
        on: Which engine runs the workers: local, ray or slurm.
        workers: How many; a single local one is this process.
        shard: Which part of the models, see `shards`.
        address: Of Ray's cluster, if it is not to be one of this machine's own.
        offline: Download nothing.
        open_model: As for `walk`, in this process.
        progress: Called with each data set, or of an engine each model or job, that is done.

    Raises:
        InputError: The plan was made with other versions, its data are not here, or results cannot
            be written. Workers that an engine has lost are warnings.
    """
    if on not in ENGINES:
        remedy = did_you_mean(on, ENGINES, f"choose {', '.join(ENGINES)}")
        raise InputError("work", "on", f"{on!r} is unknown", remedy)
    folder = folder.absolute()
    plan = read_plan(folder)
    check_versions(folder, plan)
    store = Store(folder, plan)
    _count_deaths(folder, store)
    mine = part_of(plan.models, shard)
    todo = [model for model in mine if not store.whole(model).exists()]
    todo.sort(key=lambda model: bool(store.failures(model)))
    if on == "local" and workers == 1:
        _here(folder, plan, todo, offline, open_model, progress)
    elif todo := [model for model in todo if store.to_try(model) or not store.missing(model)]:
        engine: Any = importlib.import_module(f".{ENGINES[on]}", __package__)
        names, known = [model.name for model in todo], {"address": address, "offline": offline}
        engine.run(folder, names, workers, **known, progress=progress)
    return left(store, mine)


def left(store: Store, models: Sequence[Model]) -> Left:
    """What has no result."""
    to_try = given_up = 0
    for model in models:
        if missing := len(store.missing(model)):
            again = len(store.to_try(model))
            to_try += rows_of(model) * again
            given_up += rows_of(model) * (missing - again)
    return Left(to_try, given_up)


def _here(
    folder: Path,
    plan: Plan,
    models: Sequence[Model],
    offline: bool,
    open_model: Open | None,
    progress: Progress | None,
) -> None:
    waiting, total = list(models), len(models) * len(plan.data)
    while waiting:
        busy = {place.model for place in places(folder) if place.alive}
        model = next((model for model in waiting if model.key not in busy), waiting[0])
        done = _counted(progress, model.name, total - len(waiting) * len(plan.data), total)
        waiting.remove(model)
        walk(folder, plan, model, offline=offline, open_model=open_model, done=done)


def _counted(progress: Progress | None, name: str, before: int, total: int) -> Callable[[], None]:
    count = before

    def done() -> None:
        nonlocal count
        count += 1
        if progress is not None:
            progress(name, count, total)

    return done


def _count_deaths(folder: Path, store: Store) -> None:
    """What a worker that is gone was at has failed."""
    models = {model.key: model for model in store.plan.models}
    for place in places(folder):
        if place.alive or place.model not in models:
            continue
        model = models[place.model]
        at = [d for d in store.missing(model) if place.result in ("", result_name(model, d))]
        if at:
            store.fail(model, at, DIED)
        place.file.unlink(missing_ok=True)
