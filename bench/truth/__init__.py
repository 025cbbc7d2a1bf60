"""Scores against the truth: every score on every set, beside the controls.

A line per score: weighted tau on each set, its mean with a 95 % interval, the mean regret in points
of accuracy, and rel@1. Nothing is fine-tuned and nothing scored here: `python -m bench.truth.make`
does that, and this reads what it wrote.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from disco_jax.comparison import MetricAgreement

from ..record import Row
from .evidence import evidence
from .spread import ceiling, intervals


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--task", default="classification", choices=["classification", "regression"]
    )
    parser.add_argument("--tune", default="all", choices=["all", "head"], help="whose accuracies")
    parser.add_argument("--draws", type=int, default=200, help="of the bootstrap")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    found = evidence(arguments.task, arguments.tune)
    about = {"task": arguments.task, "tune": arguments.tune, "draws": arguments.draws}
    spread = intervals(found, arguments.draws)
    named = {**found.compared.agreement, **found.compared.controls}
    for name, each in sorted(named.items(), key=lambda row: -(row[1].mean["tau_w"] or 0)):
        row = about | _row(name, each, arguments)
        yield row | ({"interval": list(spread[name])} if name in spread else {})
    if noise := ceiling(found):
        mean = sum(noise.values()) / len(noise)
        yield about | {"shape": _shape("(another seed)", arguments), "sets": noise, "tau_w": mean}


def _row(name: str, found: MetricAgreement, arguments: argparse.Namespace) -> Row:
    sets = {dataset: each["tau_w"] for dataset, each in found.datasets.items()}
    measures = {key: found.mean[key] for key in ("tau_w", "regret", "rel_at_1")}
    return {"shape": _shape(name, arguments), "sets": sets, **measures}


def _shape(name: str, arguments: argparse.Namespace) -> str:
    """Rows of other truths have other names, as results are kept by name."""
    plain = (arguments.task, arguments.tune) == ("classification", "all")
    return name if plain else f"{name} ({arguments.task}, {arguments.tune})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _on(name: str) -> tuple[str, Callable[[Any], str]]:
    return "sets", lambda sets: _number(sets.get(name))


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "tau_w": ("tau_w", _number),
    "95 %": ("interval", lambda ends: " to ".join(map(_number, ends))),
    "regret": ("regret", lambda value: f"{100 * value:.1f}"),
    "rel@1": ("rel_at_1", _number),
    "textures": _on("dtd10"),
    "objects": _on("caltech101"),
    "traffic signs": _on("gtsrb43"),
    "hand signs": _on("sign_digits"),
    "CIFAR-10": _on("cifar10_jpeg"),
    "blood cells": _on("bccd_detect"),
}
TURNED = True
