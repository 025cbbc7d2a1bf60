"""Scoring from files: a hub of 200 models, and one file that is larger than its memory.

hub        200 files (2000, 512 to 2048), C 50: `disco_jax.score(folder)` with everything it
           does (reading, checking, padding), a second run in the same process so that nothing
           compiles, against `dk.disco` on the unpadded arrays of each width
hub-more   the same with the default metrics, against the same metrics on unpadded arrays
million    one file (1,000,000, 512) by `disco-jax score` in a process of its own: seconds and
           peak memory
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

import disco_jax
import disco_kernels as dk
from disco_jax.metrics import specs
from disco_jax.scoring.devices import over_models
from disco_jax.scoring.plan import plan_of
from disco_jax.scoring.program import program

from . import data
from .record import Row

WIDTHS = (512, 576, 640, 768, 900, 1000, 1024, 1152, 1280, 1408, 1536, 1664, 1792, 1920, 2000, 2048)
SAMPLES, CLASSES, MODELS = 2000, 50, 200
SHAPES = ("hub", "hub-more", "million")
CLI = """
from disco_jax.cli import main
try:
    main()
finally:  # the peak that getrusage knows of is that of the parent, where it is higher
    print([line for line in open("/proc/self/status") if "VmHWM" in line][0].split()[1])
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shapes", default="all", help=f"all, or some of {','.join(SHAPES)}")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each kernel")
    parser.add_argument("--memory", type=float, default=1.5, help="gigabytes given to score")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    names = SHAPES if arguments.shapes == "all" else arguments.shapes.split(",")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            measure = _million if name == "million" else _hub
            yield {"shape": name} | measure(name, Path(folder), arguments)


def _hub(name: str, folder: Path, arguments: argparse.Namespace) -> Row:
    metrics = "disco" if name == "hub" else None
    for i in range(MODELS):
        width = WIDTHS[i * len(WIDTHS) // MODELS]
        features, labels = data.make(SAMPLES, width, CLASSES, seed=i)
        given = disco_jax.FeatureSet(features, labels=labels)
        disco_jax.write_features(given, folder / f"model{i:03}.safetensors")
    first, table = _timed(lambda: disco_jax.score(folder, metrics=metrics))
    again, _ = _timed(lambda: disco_jax.score(folder, metrics=metrics))
    peak = _peak("score", folder, "--memory", arguments.memory, *_metrics(metrics))
    own = statistics.fmean(_own(width, metrics, arguments.repeats) for width in WIDTHS)
    chosen = (
        specs.default("classification")
        if metrics is None
        else specs.parse(metrics, "classification")
    )
    plan = plan_of(chosen, "classification", CLASSES)
    return {
        "n": SAMPLES,
        "models": len(table.scores),
        "score_ms": 1e3 * again / MODELS,
        "own_ms": 1e3 * own,
        "score_over_own": again / MODELS / own,
        "compile_s": first - again,
        "programs": over_models(plan)._cache_size(),
        "peak_gb": peak[1],
        "memory_gb": arguments.memory,
    }


def _own(width: int, metrics: str | None, repeats: int) -> float:
    """Seconds of the bare kernels on one unpadded model, median."""
    features, labels = map(jax.numpy.asarray, data.make(SAMPLES, width, CLASSES, seed=0))
    plan = plan_of(specs.default("classification"), "classification", CLASSES)
    beside = {"where": np.ones(SAMPLES, bool), "width": np.int32(width)}

    def call() -> Any:
        if metrics is not None:
            return dk.disco(features, labels, num_classes=CLASSES)
        return program(plan)({"features": features, "labels": labels, **beside})

    jax.block_until_ready(call())
    return statistics.median(
        _timed(lambda: jax.block_until_ready(call()))[0] for _ in range(repeats)
    )


def _million(name: str, folder: Path, arguments: argparse.Namespace) -> Row:
    n, d = 1_000_000, 512
    features, labels = data.make(n, d, CLASSES, seed=0)
    given = disco_jax.FeatureSet(features, labels=labels)
    disco_jax.write_features(given, folder / "model.safetensors")
    del features, given
    seconds, peak = _peak("score", folder, "--memory", arguments.memory, "--metrics", "disco")
    return {
        "n": n,
        "models": 1,
        "process_s": seconds,
        "peak_gb": peak,
        "memory_gb": arguments.memory,
    }


def _metrics(metrics: str | None) -> list[str]:
    return [] if metrics is None else ["--metrics", metrics]


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def _peak(*arguments: Any) -> tuple[float, float]:
    """Seconds and peak resident gigabytes of the command line in a process of its own."""
    command = [sys.executable, "-c", CLI, *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return time.perf_counter() - start, float(done.stdout.split()[-1]) * 1024 / 1e9


_integer, _times = "{:d}".format, "{:.3g}".format

LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "samples": ("n", _integer),
    "models": ("models", _integer),
    "**score**, ms per model": ("score_ms", _times),
    "bare kernels, ms per model": ("own_ms", _times),
    "score / kernels": ("score_over_own", _times),
    "compiling, s for all": ("compile_s", _times),
    "programs": ("programs", _integer),
    "whole process, s": ("process_s", _times),
    "peak memory, GB": ("peak_gb", _times),
    "memory given, GB": ("memory_gb", _times),
}
