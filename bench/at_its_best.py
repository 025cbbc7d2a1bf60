"""A NumPy function with the number of BLAS threads that is faster just now."""

import functools
import time
from collections.abc import Callable
from typing import Any

import threadpoolctl

from . import packages


def at_its_best(function: Callable[[Any], Any], problem: Any) -> Callable[[], Any]:
    """A call of ``function(problem)``; where there is a choice of threads, each is tried once."""
    libraries = threadpoolctl.ThreadpoolController()  # looking them up takes 10 ms

    def call(threads: int) -> Any:
        with libraries.limit(limits=threads, user_api="blas"):
            return function(problem)

    def seconds(threads: int) -> float:
        start = time.perf_counter()
        call(threads)
        return time.perf_counter() - start

    choices = packages.threads()
    best = choices[0] if len(choices) == 1 else min(choices, key=seconds)
    return functools.partial(call, best)
