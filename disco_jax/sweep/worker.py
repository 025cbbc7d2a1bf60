"""What is missing of a plan, or of a shard of it, is computed: here, or in processes beside this.

Each cell that failed before is tried once more, until it has been tried `TRIES` times; whether and
when to start again is for whoever started this. Models that failed before come last.
"""

import multiprocessing
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from disco_jax.errors import InputError
from disco_jax.extraction import versions
from disco_jax.progress import Progress

from .one_model import Open, walk
from .plan import Model, Plan, read_plan, result_name
from .shards import Shard, part_of
from .store import Store
from .under_way import places

DIED = "its worker is gone in the middle of it: killed, or out of memory"


class Left(NamedTuple):
    """What is left of a shard when a worker is through: cells without a result."""

    to_try: int
    given_up: int


def work(
    folder: Path,
    *,
    shard: Shard = (0, 1),
    workers: int = 1,
    offline: bool = False,
    open_model: Open | None = None,
    progress: Progress | None = None,
) -> Left:
    """Walk every model of a shard that has something to try.

    Args:
        folder: Of the plan.
        shard: Which part of the models, see `shards`.
        workers: Processes; in this one where it is one.
        offline: Download nothing.
        open_model: As for `walk`.
        progress: Called with each data set, or with many workers each model, that is done.

    Raises:
        InputError: The plan was made with other versions, a worker was killed, or results cannot
            be written.
    """
    plan = read_plan(folder)
    check_versions(folder, plan)
    store = Store(folder, plan)
    _count_deaths(folder, store)
    mine = part_of(plan.models, shard)
    todo = [model for model in mine if not store.whole(model).exists()]
    todo.sort(key=lambda model: bool(store.failures(model)))
    if workers > 1 and len(todo) > 1:
        _in_processes(folder, todo, workers, offline, progress)
    else:
        _here(folder, plan, todo, offline, open_model, progress)
    return left(store, mine)


def check_versions(folder: Path, plan: Plan) -> None:
    """Refuse to work with other versions than those that name the results."""
    for name, ours in versions().items():
        if (planned := plan.versions.get(name)) != ours:
            problem = f"made with {name} {planned}, here is {ours}"
            raise InputError(folder, "plan", problem, "install that one, or plan again elsewhere")


def left(store: Store, models: Sequence[Model]) -> Left:
    """What has no result."""
    to_try = given_up = 0
    for model in models:
        rows = 1 + len(model.layers)
        if missing := len(store.missing(model)):
            again = len(store.to_try(model))
            to_try, given_up = to_try + rows * again, given_up + rows * (missing - again)
    return Left(to_try, given_up)


def leave_when_told() -> None:
    """End as after an error when a scheduler asks for it, so that nothing is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _here(
    folder: Path,
    plan: Plan,
    models: Sequence[Model],
    offline: bool,
    open_model: Open | None,
    progress: Progress | None,
) -> None:
    for place, model in enumerate(models):
        done = _counted(progress, model.name, place * len(plan.data), len(models) * len(plan.data))
        walk(folder, plan, model, offline=offline, open_model=open_model, done=done)


def _counted(progress: Progress | None, name: str, before: int, total: int) -> Callable[[], None]:
    count = before

    def done() -> None:
        nonlocal count
        count += 1
        if progress is not None:
            progress(name, count, total)

    return done


def _in_processes(
    folder: Path, models: Sequence[Model], workers: int, offline: bool, progress: Progress | None
) -> None:
    context = multiprocessing.get_context("spawn")  # jax does not survive a fork
    one = partial(walk_named, folder, offline=offline)
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(workers, context, leave_when_told)
    try:
        futures = {pool.submit(one, model.name): model.name for model in models}
        for count, future in enumerate(as_completed(futures), 1):
            future.result()
            if progress is not None:
                progress(futures[future], count, len(models))
    except BaseException as why:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()).difference(others):
            process.terminate()
        if isinstance(why, BrokenProcessPool):
            problem = "one was killed, or out of memory; what was done stays"
            remedy = "work again, with fewer workers"
            raise InputError("work", "workers", problem, remedy) from why
        raise
    pool.shutdown()


def walk_named(folder: Path, name: str, offline: bool = False) -> None:
    """Walk a model by its name, in whatever process this is."""
    plan = _read(folder)
    walk(folder, plan, next(m for m in plan.models if m.name == name), offline=offline)


@lru_cache(maxsize=1)
def _read(folder: Path) -> Plan:
    plan = read_plan(folder)
    check_versions(folder, plan)
    return plan


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
