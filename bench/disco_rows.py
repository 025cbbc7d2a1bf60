"""The rows of the DISCO bench: one model, a hub of models, and memory alone.

A row is what was measured for one shape, by the keys that `disco.LINES` prints.  Spreads are in
milliseconds; errors are relative to float64, that of singular values to the largest of them.
"""

import argparse
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import disco_kernels as dk

from . import data, exact, published, timing
from .record import Row

COMPONENTS, GROUPS = 128, 8


class Shape(NamedTuple):
    """One problem: features (n, d) with this many classes, of a kind that `data` knows."""

    n: int
    d: int
    classes: int
    kind: str = "power"


def shrunk(shape: Shape) -> Shape:
    """Of the same kind, in a hundredth of the time."""
    n, d, classes, kind = shape
    return Shape(n // 20, d // 16, max(2, classes // 20), kind)


def one_model(shape: Shape, arguments: argparse.Namespace) -> Row:
    """One model: every column but the batch."""
    host, host_labels = data.make(*shape[:3], seed=0, kind=shape.kind)
    features, labels = jnp.asarray(host), jnp.asarray(host_labels)
    executable, seconds = timing.compiled(_disco(shape), features, labels)
    tuned, _ = timing.compiled(_disco(shape, "tuned"), features, labels)
    spectrum, _ = timing.compiled(functools.partial(dk.spectrum, components=COMPONENTS), features)
    gram, _ = timing.compiled(_gram, features)
    full, _ = timing.compiled(functools.partial(dk.spectrum, method="full"), features)
    svd, _ = timing.compiled(_svd, features)
    taken, results = timing.interleaved(
        {
            "ours": lambda: executable(features, labels),
            "tuned": lambda: tuned(features, labels),
            "gram": lambda: gram(features),
            "full": lambda: full(features),
            "svd": lambda: svd(features),
        },
        repeats=arguments.repeats,
    )
    leading = spectrum(features)
    truth = exact.disco(host, host_labels, shape.classes)
    values = np.asarray(results["full"].singular_values, dtype=np.float64)
    worst = np.abs(values - truth.singular_values).max()
    row = {
        **{f"{name}_ms": spread for name, spread in taken.items()},
        "score": float(results["ours"].score),
        "error": _relative(results["ours"].score, truth.score),
        "rounds": int(leading.rounds),
        "residual": float(leading.residual),
        "ours_over_gram": timing.ratio(taken["ours"], taken["gram"]),
        "tuned_over_ours": timing.ratio(taken["tuned"], taken["ours"]),
        "full_error": float(worst / truth.singular_values[0]),
        "svd_over_full": timing.ratio(taken["svd"], taken["full"]),
        "compile_s": seconds,
        "memory_share": timing.extra_bytes(executable) / features.nbytes,
    }
    ours_s = 1e-3 * taken["ours"]["median"]
    run = functools.partial(published.disco, host, host_labels, shape.classes)
    notes: list[str] = []
    pipelines = [("published", os.cpu_count() or 1), ("published_one_thread", 1)]
    for name, threads in pipelines if arguments.published_limit > 0 else []:
        try:
            theirs = run(limit=arguments.published_limit, threads=threads)
        except ImportError as missing:
            notes = [f"published: left out, {missing}"]
            break
        row |= {f"{name}_s": theirs.seconds, f"{name}_over_ours": theirs.seconds / ours_s}
        if theirs.score is not None:
            row["published_error"] = _relative(theirs.score, truth.score)
        notes += [note for note in theirs.notes if note not in notes]
    return row | {"notes": notes}


def hub(shape: Shape, arguments: argparse.Namespace) -> Row:
    """One model alone against the hub in one call; the errors are those of the first model."""
    models = arguments.hub_size
    host = np.empty((models, shape.n, shape.d), np.float32)
    host[0], host_labels = data.make(*shape[:3], seed=0, kind=shape.kind)

    def fill(model: int) -> None:
        host[model] = data.make(*shape[:3], seed=model, kind=shape.kind)[0]

    with ThreadPoolExecutor() as pool:
        list(pool.map(fill, range(1, models)))
    hub, labels = jnp.asarray(host), jnp.asarray(host_labels)
    first = hub[0]
    alone, _ = timing.compiled(_disco(shape), first, labels)
    batch, seconds = timing.compiled(_batch(shape), hub, labels)
    gram, _ = timing.compiled(_gram, first)
    taken, results = timing.interleaved(
        {
            "ours": lambda: alone(first, labels),
            "gram": lambda: gram(first),
            "batch": lambda: batch(hub, labels),
        },
        repeats=arguments.repeats,
    )
    per_model = {key: value / models for key, value in taken["batch"].items()}
    truth = exact.disco(host[0], host_labels, shape.classes).score
    return {
        "models": models,
        "ours_ms": taken["ours"],
        "error": _relative(results["ours"].score, truth),
        "gram_ms": taken["gram"],
        "ours_over_gram": timing.ratio(taken["ours"], taken["gram"]),
        "batch_ms": per_model | {"calls": taken["batch"]["calls"]},
        "batch_error": _relative(results["batch"].score[0], truth),
        "batch_over_alone": timing.ratio(per_model, taken["ours"]),
        "compile_s": seconds,
        "memory_share": timing.extra_bytes(batch) / hub.nbytes,
    }


def memory(shape: Shape, arguments: argparse.Namespace) -> Row:
    """Compiled for shapes alone, never run: what a call would allocate beside its features."""
    features = jax.ShapeDtypeStruct((shape.n, shape.d), jnp.float32)
    labels = jax.ShapeDtypeStruct((shape.n,), jnp.int32)
    executable, seconds = timing.compiled(_disco(shape), features, labels)
    share = timing.extra_bytes(executable) / (features.size * features.dtype.itemsize)
    return {"compile_s": seconds, "memory_share": share}


def _disco(shape: Shape, mode: str = "paper") -> Callable[..., Any]:
    return functools.partial(
        dk.disco, num_classes=shape.classes, components=COMPONENTS, groups=GROUPS, mode=mode
    )


def _batch(shape: Shape) -> Callable[..., Any]:
    def batch(hub: jax.Array, labels: jax.Array) -> Any:
        if jax.default_backend() == "cpu":
            return jax.lax.map(lambda features: _disco(shape)(features, labels), hub)
        return jax.vmap(_disco(shape), in_axes=(0, None))(hub, labels)

    return batch


def _gram(features: jax.Array) -> jax.Array:
    return jnp.einsum("nd,ne->de", features, features, precision=jax.lax.Precision.HIGHEST)


def _svd(features: jax.Array) -> Any:
    return jnp.linalg.svd(features - features.mean(axis=0, keepdims=True), full_matrices=False)


def _relative(value: Any, truth: float) -> float:
    return abs(float(value) - truth) / abs(truth)
