"""Which part of a plan a worker does: models whose place leaves the remainder i when divided by n.

Shards are counted from 0 or from 1, as one likes: n/n is 0/n. Where none is given, those who start
many of the same worker say it:

    SLURM arrays     SLURM_ARRAY_TASK_ID, _MIN, _STEP and _COUNT
    Kubernetes       JOB_COMPLETION_INDEX; n in DISCO_JAX_SHARDS, the `completions` of the manifest
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from disco_jax.errors import InputError

Shard = tuple[int, int]
Item = TypeVar("Item")


def shard_of(text: str | None, environment: Mapping[str, str]) -> Shard:
    """The shard that is given, or that the environment speaks of; 0/1 is everything."""
    if text is not None:
        return _checked(text, "give --shard I/N, as 0/4")
    if "SLURM_ARRAY_TASK_ID" in environment:
        place = int(environment["SLURM_ARRAY_TASK_ID"]) - int(
            environment.get("SLURM_ARRAY_TASK_MIN", 0)
        )
        place //= int(environment.get("SLURM_ARRAY_TASK_STEP", 1))
        count = environment.get("SLURM_ARRAY_TASK_COUNT", "an unknown number")
        return _checked(f"{place}/{count}", "give --shard I/N")
    if "JOB_COMPLETION_INDEX" in environment:
        count = environment.get("DISCO_JAX_SHARDS", "an unknown number")
        remedy = "set DISCO_JAX_SHARDS to the completions of the job, or give --shard I/N"
        return _checked(f"{environment['JOB_COMPLETION_INDEX']}/{count}", remedy)
    return 0, 1


def part_of(items: Sequence[Item], shard: Shard) -> Sequence[Item]:
    """The items of a shard."""
    place, count = shard
    return items[place % count :: count]


def _checked(text: str, remedy: str) -> Shard:
    place, _, count = text.partition("/")
    if not (place.isdecimal() and count.isdecimal() and 0 <= int(place) <= int(count) > 0):
        raise InputError("work", "shard", f"{text!r} is no part of a whole", remedy)
    return int(place), int(count)
