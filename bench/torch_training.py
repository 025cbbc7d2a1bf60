"""One step of fine-tuning in torch; run as a script of its own.

    python torch_training.py NAME PIXELS BATCH CLASSES

It answers every line with a line: first that torch is there, then JSON with the fastest way
(channels first or last, one thread or all, a step of each), and from then on a step for every line.
Adam on all weights, cross-entropy, statistics of normalisation kept. Nothing of the package.
"""

import json
import sys
from collections.abc import Callable

import torch
from torch_ways import answer, define_operators, fastest

define_operators()
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
    best, told = fastest(lambda order: stepper(name, *map(int, sizes), order))
    print(json.dumps(told), flush=True)
    answer(best)


if __name__ == "__main__":
    main()
