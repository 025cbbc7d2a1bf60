"""Models as tasks of Ray: on the cluster that `address` names, or one of this machine's own.

A task loads a network once and walks its data sets. It takes a processor, and a GPU where the
cluster has any; processes are used again for the next task, and so are the data they have opened.
Where a process or a machine is lost Ray starts the task elsewhere, up to `TRIES` times.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from disco_jax.errors import InputError
from disco_jax.progress import Progress

from .named import walk_named
from .store import TRIES


def run(
    folder: Path,
    names: Sequence[str],
    workers: int,
    *,
    offline: bool = False,
    address: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Submit the tasks and wait for them; ``workers`` is how many a cluster of one's own has."""
    try:
        import ray
    except ImportError as why:
        raise InputError(
            "work", "on", "ray is not installed", "pip install 'disco-jax[ray]'"
        ) from why
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, workers, address)
    try:
        gpus = 1 if ray.cluster_resources().get("GPU") else 0
        task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=TRIES)(walk_named)
        waiting = {task.remote(folder, name, offline): name for name in names}
        lost = []
        while waiting:
            (done,), _ = ray.wait(list(waiting), num_returns=1)
            name = waiting.pop(done)
            try:
                ray.get(done)
            except ray.exceptions.RayError as why:
                lost.append(f"{name}: {str(why).strip().splitlines()[-1]}")
            if progress is not None:
                progress(name, len(names) - len(waiting), len(names))
    finally:
        if ours:
            ray.shutdown()
    if lost:
        warnings.warn(f"{len(lost)} of {len(names)} tasks were lost, {lost[0]}", stacklevel=2)


def _connect(ray: Any, workers: int, address: str | None) -> None:
    own: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False}
    try:
        ray.init(address, log_to_driver=False, **({} if address else own))
    except (ConnectionError, ValueError, RuntimeError) as why:
        told = str(why).splitlines()[0]
        raise InputError("work", "address", told, "start Ray there, or leave it out") from why
