"""A race of features against the full run, by time: `python -m bench race`.

30 models of (20,000, 512), 20 classes, whose class centres lie in noise of different strength:

clear     one model is best by far
family    strengths in equal steps, so that neighbours are close
close     three models that only differ in their noise, the others far behind

What is timed is `score` by the first of the default metrics, of a folder of files in a process of
its own, compilation included; then once more with the programs that were compiled.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import disco_jax

from .record import Row

MODELS, SAMPLES, WIDTH, CLASSES = 30, 20_000, 512, 20
NOISES = {
    "clear": [1.0, *[2.0] * (MODELS - 1)],
    "family": list(np.linspace(1.0, 3.0, MODELS)),
    "close": [1.0] * 3 + [2.0] * (MODELS - 3),
}
METRIC = "disco:mode=tuned"
WAYS = {
    "race": ["--metrics", METRIC, "--race"],
    "full": ["--metrics", METRIC],
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shapes", default="all", help=f"all, or some of {','.join(NOISES)}")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    names = NOISES if arguments.shapes == "all" else arguments.shapes.split(",")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            hub = Path(folder) / "hub"
            _write(hub, NOISES[name])
            for way, options in WAYS.items():
                yield {"shape": f"{name}: {way}", **_timed(hub, options)}


def _timed(hub: Path, options: list[str]) -> Row:
    cache, times, table = hub.with_name(f"cache {' '.join(options)}"), {}, {}
    for which in ("cold_s", "warm_s"):
        start = time.perf_counter()
        table = _scored(hub, cache, options)
        times[which] = time.perf_counter() - start
    return {**times, "first": table["ranking"][METRIC][0], **_race(table)}


def _write(hub: Path, noises: list[float]) -> None:
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(SAMPLES) % CLASSES)
    centres = 0.3 * rng.normal(size=(CLASSES, WIDTH))[labels]
    for place, noise in enumerate(noises):
        x = centres + noise * rng.normal(size=centres.shape)
        given = disco_jax.FeatureSet(x.astype(np.float32), labels=labels)
        disco_jax.write_features(given, hub / f"m{place:02}.safetensors")


def _scored(hub: Path, cache: Path, options: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "disco_jax", "score", str(hub), "--format", "json", *options]
    environment = os.environ | {"DISCO_JAX_CACHE": str(cache)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def _race(table: dict[str, Any]) -> Row:
    if "race" not in table:
        return {}
    rounds = table["race"]["rounds"]
    left = len(rounds[-1]["models"]) - len(rounds[-1]["dropped"])
    share = table["race"]["passes"] / table["race"]["all_passes"]
    return {"samples": rounds[-1]["samples"], "left": left, "share": share}


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "s, first time": ("cold_s", "{:.1f}".format),
    "s, programs compiled": ("warm_s", "{:.1f}".format),
    "first model": ("first", str),
    "samples of the last round": ("samples", "{:,}".format),
    "models left": ("left", str),
    "rows scored": ("share", "{:.1%}".format),
}
TURNED = True
