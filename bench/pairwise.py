"""Every pairwise, iterative or transport score, from features to score, beside a plain baseline.

A column of the table is one score at (5000, 1024) with 50 classes and d/10 source classes:

    ours, baseline   milliseconds, taking turns; `pairwise_baselines` with one BLAS thread or all
    difference       ours against the baseline in that very run, relative
    growth           exponents of n and d (of the logits: Z), fitted to the times of ours at
                     n = 1250, 2500, 5000 with d = 256, and d = 256, 512, 1024 with n = 2500
    memory           what a call allocates beside its arguments, as the compiler planned it
    packages         transformer-ranker's k-NN (of k = 5) and pymfe's INT and concept variance, each
                     in a process of its own; `--transformer-ranker` and `--pymfe` name a Python

OTCE has as many source samples as target samples, of 20 classes.
"""

import argparse
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from disco_jax.metrics.specs import Spec
from disco_jax.scoring.plan import plan_of
from disco_jax.scoring.program import Arrays, program

from . import data, packages, timing
from .at_its_best import at_its_best
from .metric_baselines import Problem
from .pairwise_baselines import PAIRWISE, otce
from .record import Row

SAMPLES, WIDTH, CLASSES, SOURCE_CLASSES = 5000, 1024, 50, 20
NAMES = (*PAIRWISE, "otce")
OF_N = [(1250, 256), (2500, 256), (5000, 256)]
OF_D = [(2500, 256), (2500, 512), (2500, 1024)]


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    names = NAMES if arguments.pairwise == "all" else arguments.pairwise.split(",")
    for name in names:
        yield {"shape": name, **_measured(name, arguments)}


def _measured(name: str, arguments: argparse.Namespace) -> Row:
    arrays = _arrays(name, SAMPLES, WIDTH)
    plan = plan_of((Spec(name, name),), "classification", CLASSES)
    ours, seconds = timing.compiled(program(plan), arrays)
    problem = _problem(arrays)
    baseline = at_its_best(_baseline(name, arrays), problem)
    calls = {"ours": lambda: ours(arrays), "baseline": baseline}
    taken, results = timing.interleaved(calls, repeats=arguments.repeats)
    score = float(results["ours"].results[name]["score"])
    row: Row = {"n": SAMPLES, "d": WIDTH, "classes": CLASSES, "load": os.getloadavg()[0]}
    row |= taken | {"ratio": timing.ratio(taken["baseline"], taken["ours"])}
    row["difference"] = abs(score / results["baseline"] - 1)
    row["growth_n"] = _exponent([(n, _alone(name, n, d)) for n, d in OF_N])
    row["growth_d"] = _exponent([(d, _alone(name, n, d)) for n, d in OF_D])
    row["memory_mb"] = timing.extra_bytes(ours) / 1e6
    row["compile_s"] = seconds
    for package, python in (
        ("transformer_ranker", arguments.transformer_ranker),
        ("pymfe", arguments.pymfe),
    ):
        if python and (found := packages.pairwise(package, python, name, problem)):
            row[package] = found["ms"]
            row[f"{package}_difference"] = abs(abs(score) / found["score"] - 1)
    return row


def _arrays(name: str, n: int, d: int) -> Arrays:
    """What the score reads."""
    features, labels = data.make(n, d, CLASSES, seed=0)
    source, source_labels = data.make(n, d, SOURCE_CLASSES, seed=1)
    mapping = np.random.default_rng(d).standard_normal((d, d // 10), dtype=np.float32)
    logits = (features - features.mean(axis=0)) @ mapping / np.float32(d**0.5)
    arrays = {"features": features, "labels": labels, "logits": logits}
    arrays |= {"source_features": source, "source_labels": source_labels}
    read = plan_of((Spec(name, name),), "classification", CLASSES).inputs
    arrays = {key: array for key, array in arrays.items() if key in read}
    arrays |= {"where": np.ones(n, bool), "width": np.int32(d)}
    return jax.tree.map(jnp.asarray, arrays)


def _problem(arrays: Arrays) -> Problem:
    logits = arrays.get("logits", np.zeros((SAMPLES, 1)))
    wide = (np.asarray(each, np.float64) for each in (arrays["features"], logits))
    features, logits = wide
    return Problem(features, np.asarray(arrays["labels"]), logits, CLASSES)


def _baseline(name: str, arrays: Arrays) -> Callable[[Problem], float]:
    if name != "otce":
        return PAIRWISE[name]
    source = np.asarray(arrays["source_features"], np.float64)
    labels = np.asarray(arrays["source_labels"])
    return functools.partial(otce, source=source, source_labels=labels)


@functools.cache
def _alone(name: str, n: int, d: int) -> float:
    """Milliseconds at another size, the faster of two runs."""
    arrays = _arrays(name, n, d)
    plan = plan_of((Spec(name, name),), "classification", CLASSES)
    ours, _ = timing.compiled(program(plan), arrays)
    return timing.interleaved({"ours": lambda: ours(arrays)}, repeats=2)[0]["ours"]["min"]


def _exponent(times: list[tuple[int, float]]) -> float:
    """The slope of log time over log size."""
    sizes, taken = np.log(np.array(times)).T
    return float(np.polyfit(sizes, taken, 1)[0])


def _milliseconds(value: float | dict[str, float]) -> str:
    number = value["median"] if isinstance(value, dict) else value
    return f"{number:.0f}" if number >= 100 else f"{number:.2g}"


_short = "{:.2g}".format

LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "**ours**, ms": ("ours", _milliseconds),
    "baseline, ms": ("baseline", _milliseconds),
    "baseline / ours": ("ratio", _short),
    "difference": ("difference", _short),
    "transformer-ranker, ms": ("transformer_ranker", _milliseconds),
    "its difference": ("transformer_ranker_difference", _short),
    "pymfe, ms": ("pymfe", _milliseconds),
    "pymfe's difference": ("pymfe_difference", _short),
    "grows as n to the": ("growth_n", "{:.1f}".format),
    "as d (Z) to the": ("growth_d", "{:.1f}".format),
    "memory, MB": ("memory_mb", _milliseconds),
    "compile, s": ("compile_s", _short),
}
