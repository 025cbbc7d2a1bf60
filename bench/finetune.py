"""Fine-tuning: a step of all weights, against the same step in torch.

A row per network, of random weights: pictures of 112 pixels, batches of 32, ten classes, Adam. An
epoch is as many steps as there are batches, and no other work. Ours is compiled once, apart; torch
runs in a process of its own that `--torch PYTHON` names, in its fastest of four ways, and takes
turns with ours.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.backbones import untrained
from disco_jax.data import at_most
from disco_jax.finetuning.cut import cut
from disco_jax.finetuning.goals import goal
from disco_jax.finetuning.training import shift_of, trainer

from .extract import process
from .record import Row
from .timing import interleaved, ratio

NETWORKS = ("resnet18", "mobilenet_v2")  # of the same name in torchvision
PIXELS, BATCH, CLASSES = 112, 32, 10
SCRIPT = Path(__file__).with_name("torch_training.py")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--repeats", type=int, default=10, help="timed steps of each")
    parser.add_argument("--torch", help="a Python that has torch and torchvision")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    for name in arguments.networks.split(","):
        with ExitStack() as stack:
            calls: dict[str, Callable[[], Any]] = {"step": _stepper(name)}
            row: Row = {"shape": name, "pixels": PIXELS, "batch": BATCH}
            if arguments.torch is not None:
                sizes = map(str, (PIXELS, BATCH, CLASSES))
                ask = process([arguments.torch, str(SCRIPT), name, *sizes], stack)
                ask()
                told = json.loads(ask())
                row["notes"] = [f"torch with {told['threads']} threads, {told['order']}"]
                calls["torch"] = ask
            times, _ = interleaved(calls, repeats=arguments.repeats)
            row |= times
            if "torch" in times:
                row["torch_over_step"] = ratio(times["torch"], times["step"])
            yield row


def _stepper(name: str) -> Callable[[], Any]:
    backbone = untrained(name)
    backbone = backbone._replace(preprocessing=at_most(backbone.preprocessing, PIXELS))
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH, PIXELS, PIXELS, 3)).astype(np.uint8)
    labels = np.arange(BATCH, dtype=np.int32) % CLASSES
    run = trainer(cut(backbone, "all", BATCH), goal("classification", labels), BATCH)
    features = run.features(images)
    shift, kept = shift_of(features), [run.start(features)]

    def step() -> Any:
        order, rates = np.arange(BATCH), np.array([1e-4], np.float32)
        kept[0] = run.epoch(kept[0], shift, images, labels, order, rates)
        return kept[0]

    return step


def _milliseconds(spread: dict[str, float]) -> str:
    return f"{spread['median']:.0f} ({spread['min']:.0f} to {spread['max']:.0f})"


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "pixels": ("pixels", str),
    "batch": ("batch", str),
    "**a step**, ms": ("step", _milliseconds),
    "torch, ms": ("torch", _milliseconds),
    "torch / ours": ("torch_over_step", lambda value: f"{value:.2f}"),
}
