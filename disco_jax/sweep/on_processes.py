"""Models in processes of this machine, each of which takes the next when it is through with one."""

import multiprocessing
import signal
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from disco_jax.progress import Progress

from .named import walk_named


def leave_when_told() -> None:
    """End as after an error when a scheduler asks for it, so that nothing is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def run(
    folder: Path,
    names: Sequence[str],
    workers: int,
    *,
    offline: bool = False,
    address: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Walk models; a process that goes wrong, or is killed, ends all."""
    context = multiprocessing.get_context("spawn")  # jax does not survive a fork
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(workers, context, leave_when_told)
    try:
        futures = {pool.submit(walk_named, folder, name, offline): name for name in names}
        for count, future in enumerate(as_completed(futures), 1):
            future.result()
            if progress is not None:
                progress(futures[future], count, len(names))
    except BaseException as why:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()).difference(others):
            process.terminate()
        if not isinstance(why, BrokenProcessPool):
            raise
        told = "a worker was killed, or out of memory; work again, perhaps with fewer"
        warnings.warn(told, stacklevel=2)
    pool.shutdown()
