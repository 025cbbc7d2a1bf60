"""Models in an array of SLURM jobs, by submitit; without SLURM its jobs are processes here.

Each job has every n-th model. What a job may use is for sbatch's own variables to say, which come
before the script: SBATCH_PARTITION, SBATCH_ACCOUNT, SBATCH_TIMELIMIT (else a day), SBATCH_GPUS.
A job whose time is over, or that has to make room, is put into the queue again by submitit.
Scripts and what jobs print are in PLAN/slurm.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from disco_jax.errors import InputError
from disco_jax.progress import Progress

from .named import walk_named
from .shards import part_of

MINUTES = 24 * 60


class Job:
    """What is sent: some models to walk."""

    def __call__(self, folder: Path, names: Sequence[str], offline: bool) -> None:
        """Walk them."""
        for name in names:
            walk_named(folder, name, offline)

    def checkpoint(self, *given: Any) -> Any:
        """What submitit puts into the queue again: the same, of which the rest is done."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, *given)


def run(
    folder: Path,
    names: Sequence[str],
    workers: int,
    *,
    offline: bool = False,
    address: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Submit the jobs and wait for them."""
    try:
        import submitit
    except ImportError as why:
        remedy = "pip install 'disco-jax[slurm]'"
        raise InputError("work", "on", "submitit is not installed", remedy) from why
    executor = submitit.AutoExecutor(folder / "slurm")
    executor.update_parameters(name="disco-jax", timeout_min=MINUTES)
    parts = [part_of(names, (i, workers)) for i in range(min(workers, len(names)))]
    sent = [[folder] * len(parts), parts, [offline] * len(parts)]
    failed = []
    for count, job in enumerate(executor.map_array(Job(), *sent), 1):
        if error := job.exception():
            failed.append(f"job {job.job_id}: {str(error).strip().splitlines()[-1]}")
        if progress is not None:
            progress(f"job {job.job_id}", count, len(parts))
    if failed:
        told = f"{len(failed)} of {len(parts)} jobs have failed, {failed[0]}"
        warnings.warn(f"{told}; their logs are in {folder / 'slurm'}", stacklevel=2)
