"""`disco-jax plan`, `work`, `status` and `collect`: a hub on many data sets."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

EVERY = 5.0  # seconds between two looks
MOST_REASONS = 8


def plan(hub: str, data: Sequence[str], out: Path, given: dict[str, Any]) -> None:
    """Make a plan, and say how much there is to do."""
    from disco_jax.hubs import find_hub, read_hub
    from disco_jax.sweep import plan_of, write_plan

    made = plan_of(read_hub(find_hub(hub)), data, **given)
    write_plan(out, made)
    print(f"{made.cells} cells: {len(made.models)} models, {len(made.data)} data sets")


def work(
    folder: Path,
    *,
    on: str,
    workers: int,
    shard: str | None,
    address: str | None,
    offline: bool,
) -> int:
    """Work, and say what is left: 1 where there is something to try again."""
    from disco_jax.sweep import TRIES, leave_when_told, shard_of
    from disco_jax.sweep import work as compute

    from .progress import bar

    part = shard_of(shard, os.environ)
    leave_when_told()
    given: dict[str, Any] = {"on": on, "workers": workers, "shard": part, "address": address}
    with bar() as progress:
        left = compute(folder, **given, offline=offline, progress=progress)
    if left.to_try:
        print(f"{left.to_try} cells are left to try; work again", file=sys.stderr)
    if left.given_up:
        told = f"{left.given_up} cells have failed {TRIES} times; disco-jax status says why"
        print(told, file=sys.stderr)
    return 1 if left.to_try else 0


def status(folder: Path, *, watch: bool, form: str) -> None:
    """Print how far it is, again and again until there is nothing left if that is asked for."""
    from disco_jax.sweep import Status
    from disco_jax.sweep import status as look

    from .printing import print_csv, print_json

    while True:
        now = look(folder)
        counts = {name: getattr(now, name) for name in Status._fields[:4]}
        if form == "json":
            print_json(counts)
        elif form == "csv":
            print_csv([*counts], [[*counts.values()]])
        else:
            _show(now)
        if not watch or now.done + now.failed >= now.cells:
            return
        sys.stdout.flush()
        time.sleep(EVERY)


def _show(now: Any) -> None:
    print(
        f"{now.done} of {now.cells} cells done, {now.failed} failed, {now.running} running"
        + (f"; {now.rate:.3g} a second" if now.rate else "")
        + (f", {_span(now.seconds_left)} left" if now.seconds_left else "")
    )
    from disco_jax.sweep import TRIES

    for (error, tries), cells in now.reasons.most_common(MOST_REASONS):
        print(f"failed: {cells} cells, tried {tries} of {TRIES} times: {error}")
    if (more := len(now.reasons) - MOST_REASONS) > 0:
        print(f"failed: for {more} other reasons")


def _span(seconds: float) -> str:
    """As 45 s, 12 min, 3.5 h, 2 days."""
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.0f} s"


def collect(folder: Path, out: Path) -> None:
    """Write the table, and say what is not in it."""
    from disco_jax.sweep import collect as gather

    from .printing import warn

    found = gather(folder, out)
    print(f"{found.rows} rows in {out}")
    if found.missing:
        warn([f"{found.missing} results are missing, failed or not yet tried"])
    if len(found.devices) > 1:
        told = "results differ in their last digits from one kind of device to another: "
        warn([told + ", ".join(found.devices)])
