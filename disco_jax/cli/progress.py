"""The bar that a terminal shows while something runs, with the time left; a pipe gets none."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as rich
from rich.console import Console

from disco_jax.progress import Progress

COLUMNS = (
    rich.TextColumn("{task.description}"),
    rich.BarColumn(),
    rich.MofNCompleteColumn(),
    rich.TimeElapsedColumn(),
    rich.TimeRemainingColumn(),
    rich.TextColumn("left"),
)


@contextmanager
def bar() -> Iterator[Progress | None]:
    """What to call with each step, or None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    with rich.Progress(*COLUMNS, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("starting", total=None)

        def show(what: str, done: int, total: int) -> None:
            if total != shown.tasks[0].total:  # another work: its speed is not that of the last
                shown.reset(task, total=total)
            shown.update(task, description=what, completed=done)

        yield show
