"""One step of fine-tuning in torch; run as a script of its own.

    python torch_training.py NAME PIXELS BATCH CLASSES

It answers every line with a line: first that torch is there, then JSON with the fastest way
(channels first or last, one thread or all, a step of each), and from then on a step for every line.
Adam on all weights, cross-entropy, statistics of normalisation kept. Nothing of ours.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import torch

KEPT = torch.library.Library("torchvision", "FRAGMENT")
with suppress(RuntimeError):  # what its wheel lacks beside torch's build for processors
    for operator in ("nms", "qnms"):
        KEPT.define(f"{operator}(Tensor boxes, Tensor scores, float most) -> Tensor")
import torchvision  # noqa: E402


def stepper(
    name: str, pixels: int, batch: int, classes: int, order: torch.memory_format
) -> Callable[[], None]:
    """A function that takes one step."""
    torch.manual_seed(0)
    network = torchvision.models.get_model(name, num_classes=classes).eval()
    network = network.to(memory_format=order)
    adam = torch.optim.Adam(network.parameters(), 1e-4)
    images = torch.randn(batch, 3, pixels, pixels).to(memory_format=order)
    labels = torch.randint(classes, (batch,))

    def step() -> None:
        adam.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        adam.step()

    return step


def main() -> None:
    """The network, the fastest way, then a step for each line."""
    name, *sizes = sys.argv[1:]
    sys.stdin.readline()
    print(flush=True)
    sys.stdin.readline()
    ways = {}
    for threads in {1, os.cpu_count() or 1}:
        for order in (torch.contiguous_format, torch.channels_last):
            torch.set_num_threads(threads)
            step = stepper(name, *map(int, sizes), order)
            step()
            start = time.perf_counter()
            step()
            ways[time.perf_counter() - start] = threads, order, step
    threads, order, best = ways[min(ways)]
    torch.set_num_threads(threads)
    print(json.dumps({"threads": threads, "order": str(order)}), flush=True)
    for _ in sys.stdin:
        best()
        print(flush=True)


if __name__ == "__main__":
    main()
