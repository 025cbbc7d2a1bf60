"""What the scripts that run torch share: its fastest way, answering, and torchvision."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch

KEPT: list[torch.library.Library] = []  # a library's definitions end with it


def define_operators() -> None:
    """Of torchvision, what its wheel lacks beside torch's build for processors."""
    KEPT.append(torch.library.Library("torchvision", "FRAGMENT"))
    with suppress(RuntimeError):
        for operator in ("nms", "qnms"):
            KEPT[-1].define(f"{operator}(Tensor boxes, Tensor scores, float most) -> Tensor")


def fastest(
    made: Callable[[torch.memory_format], Callable[[], Any]],
) -> tuple[Callable[[], Any], dict[str, Any]]:
    """A call, made anew for each order of channels and one thread or all, and its way.

    The second call of each decides. The threads stay as they are for the fastest.
    """
    ways = {}
    for threads in {1, os.cpu_count() or 1}:
        for order in (torch.contiguous_format, torch.channels_last):
            torch.set_num_threads(threads)
            call = made(order)
            call()
            start = time.perf_counter()
            call()
            ways[time.perf_counter() - start] = threads, order, call
    threads, order, best = ways[min(ways)]
    torch.set_num_threads(threads)
    return best, {"threads": threads, "order": str(order)}


def answer(call: Callable[[], Any]) -> None:
    """A call for every line, answered with a line."""
    for _ in sys.stdin:
        call()
        print(flush=True)
