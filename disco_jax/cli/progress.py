"""The bar that a terminal shows while something runs; a pipe gets none."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Show = Callable[[str, int, int], None]  # what is being done, how much is, how much there is


@contextmanager
def bar() -> Iterator[Show | None]:
    """`show(what, done, total)`, or None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as shown:
        task = shown.add_task("starting", total=None)
        yield lambda what, done, total: shown.update(
            task, description=what, completed=done, total=total
        )


def scoring(show: Show | None) -> Callable[[str, int], None] | None:
    """The bar as `score` calls it: with each model that is done, and how many there are."""
    if show is None:
        return None
    done = count(1)
    return lambda _, total: show("scoring", next(done), total)
