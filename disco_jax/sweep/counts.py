"""How far a plan is, from what lies in its folder; nothing is written.

The rate is that of the last minutes: results that were written within `WINDOW` seconds.
"""

import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .plan import Model, Plan, read_plan, result_name, rows_of
from .store import FAILED, Store
from .under_way import places

WINDOW = 600.0  # seconds


class Status(NamedTuple):
    """Counts of cells."""

    cells: int
    done: int
    failed: int  # tried in vain so far; those that may be tried again among them
    running: int
    rate: float  # per second
    reasons: Counter[tuple[str, int]]  # why cells failed, and how often they were tried

    @property
    def seconds_left(self) -> float | None:
        """If it goes on like this; None where nothing goes on."""
        left = self.cells - self.done - self.failed
        return left / self.rate if self.rate else None


def status(folder: Path) -> Status:
    """How far a plan is."""
    plan = read_plan(folder)
    store = Store(folder, plan)
    done, reasons, recent = 0, Counter[tuple[str, int]](), list[tuple[float, int]]()
    for model in plan.models:
        written, failures = _of(store, model, plan)
        done += rows_of(model) * len(written)
        recent += [(at, rows_of(model)) for at in written]
        for failure in failures:
            reasons[failure] += rows_of(model)
    rows = {model.key: rows_of(model) for model in plan.models}
    running = sum(rows.get(place.model, 0) for place in places(folder) if place.alive)
    return Status(plan.cells, done, reasons.total(), running, _rate(recent), reasons)


def _of(store: Store, model: Model, plan: Plan) -> tuple[list[float], list[tuple[str, int]]]:
    """When each result of a model was written, and why others failed."""
    times: dict[str, float] = {}
    with suppress(FileNotFoundError), os.scandir(store.parts(model)) as entries:
        times = {entry.name: entry.stat().st_mtime for entry in entries}
    with suppress(FileNotFoundError):
        return [store.whole(model).stat().st_mtime] * len(plan.data), []
    if not times:
        return [], []
    names = [result_name(model, data) for data in plan.data]
    written = [times[f"{name}.json"] for name in names if f"{name}.json" in times]
    failures = store.failures(model) if FAILED in times else {}
    failed = [name for name in names if name in failures and f"{name}.json" not in times]
    return written, [(failures[name]["error"], failures[name]["tries"]) for name in failed]


def _rate(written: list[tuple[float, int]]) -> float:
    """Cells per second, of those written last."""
    now = time.time()
    recent = [(at, rows) for at, rows in written if now - at < WINDOW]
    if not recent:
        return 0.0
    return sum(rows for _, rows in recent) / max(1.0, now - min(at for at, _ in recent))
