"""Compile time and run time apart, and run times that can be divided by each other.

Calls that are compared run in turn, A B C A B C ..., in one process, so that a machine that slows
down or speeds up does so for all of them; a ratio is the ratio of two such medians.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import jax

BUDGET_SECONDS = 30.0  # a call that has used this much is not repeated further


def compiled(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """The executable of `function` for these arguments (or their shapes), and the seconds that
    tracing, lowering and compiling took."""
    start = time.perf_counter()
    executable = jax.jit(function).lower(*arguments).compile()
    return executable, time.perf_counter() - start


def extra_bytes(executable: Any) -> int:
    """What a call allocates at its peak beside its arguments, as the compiler planned it."""
    analysis = executable.memory_analysis()
    return analysis.temp_size_in_bytes + analysis.output_size_in_bytes


def interleaved(
    calls: Mapping[str, Callable[[], Any]], *, repeats: int
) -> tuple[dict[str, dict[str, float]], dict[str, Any]]:
    """Milliseconds (min, median, max) of each call, and the result of its last timed run.

    One untimed run of each goes first.  Every call then runs `repeats` times, in turn with the
    others, or fewer times once it has used its budget.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    results = {name: jax.block_until_ready(call()) for name, call in calls.items()}
    for _ in range(repeats):
        for name, call in calls.items():
            if sum(seconds[name]) > BUDGET_SECONDS:
                continue
            start = time.perf_counter()
            results[name] = jax.block_until_ready(call())
            seconds[name].append(time.perf_counter() - start)
    return {name: spread(taken) for name, taken in seconds.items()}, results


def spread(seconds: list[float]) -> dict[str, float]:
    """Milliseconds of some runs of one call."""
    return {
        "min": 1e3 * min(seconds),
        "median": 1e3 * statistics.median(seconds),
        "max": 1e3 * max(seconds),
        "calls": len(seconds),
    }


def ratio(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """How many times longer `a` takes than `b`, by their medians."""
    return a["median"] / b["median"]
