"""Every score of a hub: ten models (2000, 1024) with 50 classes and logits of 100 source classes.

total     seconds of `disco-jax score --metrics all` in a process of its own, compiling and all
score     seconds of the same hub scored in a process that has compiled it
share     of the sum of: the spectrum, the moments, and each score on top of the two; every one
          timed alone on one of the models
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import disco_jax
import disco_kernels as dk
from disco_jax.metrics.specs import parse
from disco_jax.metrics.table import METRICS
from disco_jax.scoring.plan import plan_of
from disco_jax.scoring.program import Arrays, on_factors

from . import data, timing
from .record import Row

SAMPLES, WIDTH, CLASSES, SOURCES, MODELS = 2000, 1024, 50, 100, 10
COMMAND = "from disco_jax.cli import main; main()"


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        for i in range(MODELS):
            model = _model(i)
            disco_jax.write_features(model, Path(folder) / f"model{i}.safetensors")
        command = [sys.executable, "-c", COMMAND, "score", folder, "--metrics", "all"]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        total = time.perf_counter() - start
    taken, _ = timing.interleaved(_alone(model), repeats=arguments.repeats)
    parts = sum(each["median"] for each in taken.values())
    shares = {f"share_{name}": each["median"] / parts for name, each in taken.items()}
    shape = {"n": SAMPLES, "d": WIDTH, "classes": CLASSES, "models": MODELS}
    row: Row = {"shape": "hub", **shape, "load": os.getloadavg()[0], "total_s": total}
    yield {**row, "parts_ms": parts, **shares}


def _model(i: int) -> disco_jax.FeatureSet:
    features, labels = data.make(SAMPLES, WIDTH, CLASSES, seed=i)
    mapping = np.random.default_rng(SOURCES).standard_normal((WIDTH, SOURCES), dtype=np.float32)
    logits = (features - features.mean(axis=0)) @ mapping / np.float32(WIDTH**0.5)
    return disco_jax.FeatureSet(features, labels=labels, logits=logits)


def _alone(model: disco_jax.FeatureSet) -> dict[str, Callable[[], Any]]:
    """Each metric that the hub has the inputs of, and the factors."""
    arrays = {"features": model.features, "labels": model.labels, "logits": model.logits}
    arrays |= {"where": np.ones(SAMPLES, bool), "width": np.int32(WIDTH)}
    given: Arrays = jax.tree.map(jnp.asarray, arrays)
    factored = {
        "spectrum": jax.jit(partial(dk.spectrum, where=given["where"], width=given["width"])),
        "moments": jax.jit(partial(dk.moments, num_classes=CLASSES, where=given["where"])),
    }
    calls: dict[str, Callable[[], Any]] = {
        "spectrum": partial(factored["spectrum"], given["features"]),
        "moments": partial(factored["moments"], given["features"], given["labels"]),
    }
    given |= {name: jax.block_until_ready(call()) for name, call in calls.items()}
    for spec in parse("all", "classification"):
        plan = plan_of((spec,), "classification", CLASSES)
        if plan.inputs <= given.keys():
            calls[spec.text] = partial(jax.jit(partial(on_factors, plan)), given)
    return calls


_seconds, _percent = "{:.3g}".format, "{:.1%}".format

LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "`disco-jax score --metrics all`, s": ("total_s", _seconds),
    "one model part by part, ms": ("parts_ms", _seconds),
    **{f"{name}, share": (f"share_{name}", _percent) for name in ("spectrum", "moments", *METRICS)},
}
