"""What only an accelerator can tell: precisions, solvers, networks, and whether goals are met.

Run by `bench/device.sh`, which says what else belongs to it; a part at a time, a row at a time.
What a platform refuses is a row with a note, and the next one runs.

precision   DISCO and one Gram product with float32 products of other precisions, and the error of
            the score; the kernels' float64 products stay as they are
solvers     the 128 leading singular values by every way there is, and their error, of the largest.
            On a GPU `svd, JACOBI` is gesvdj, `svd, QR` gesvd, `eigh, QR` syevd of a float32 Gram
            matrix, `full` syevd of a float64 one
extract     pictures per second of networks of random weights, and how far bfloat16 is from float32
goals       a hub of 100 models in under 100 ms at an error of 1e-4; DISCO of one model in at most
            1.2 Gram products: read from the rows that `bench disco` kept
"""

import argparse
import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.lax.linalg import EighImplementation, SvdAlgorithm

import disco_kernels as dk

from . import data, exact, record, timing
from .disco_rows import COMPONENTS, Shape
from .record import Row

SHAPE, SMALL = Shape(5000, 2048, 100), Shape(600, 580, 5)  # either is large enough to truncate
PRECISIONS = {
    "HIGHEST": lax.Precision.HIGHEST,
    "TF32_TF32_F32_X3": lax.DotAlgorithmPreset.TF32_TF32_F32_X3,
    "DEFAULT": lax.Precision.DEFAULT,
}
NETWORKS, SMALL_NETWORKS = ("resnet50", "vit_b_16"), ("cifar_resnet20",)
GOALS = {  # shape of `bench disco` -> what, value of its row, bound
    "hub of 100, ms": ("hub", lambda row: row["batch_ms"]["median"] * row["models"], 100.0),
    "hub of 100, error": ("hub", lambda row: row["batch_error"], 1e-4),
    "medium, DISCO / Gram": ("medium", lambda row: row["ours_over_gram"], 1.2),
}
TURNED = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each call")
    parser.add_argument("--small", action="store_true", help="small shapes, to see that it runs")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    measured = 0
    for name, measure in PARTS[arguments.part](arguments):
        jax.clear_caches()
        try:
            row = measure()
            measured += 1
        except Exception as wrong:  # one that is refused must not take the others with it
            lines = str(wrong).splitlines() or [""]
            row = {"notes": [f"failed, {type(wrong).__name__}: {lines[0][:300]}"]}
        yield {"shape": f"{arguments.part}: {name}", **row}
    if not measured:
        raise SystemExit(f"{arguments.part}: nothing measured; the last: {row['notes'][0]}")


Trials = Iterator[tuple[str, Callable[[], Row]]]


def precision(arguments: argparse.Namespace) -> Trials:
    shape, features, labels, truth = _problem(arguments)
    disco = functools.partial(dk.disco, num_classes=shape.classes)

    def measure(chosen: Any) -> Row:
        with _products(chosen):
            ours, seconds = timing.compiled(disco, features, labels)
        gram, _ = timing.compiled(
            lambda x: jnp.einsum("nd,ne->de", x, x, precision=chosen), features
        )
        calls = {"ours": lambda: ours(features, labels), "gram": lambda: gram(features)}
        taken, results = timing.interleaved(calls, repeats=arguments.repeats)
        return {
            **shape._asdict(),
            "ours_ms": taken["ours"],
            "error": abs(float(results["ours"].score) / truth.score - 1),
            "gram_ms": taken["gram"],
            "ours_over_gram": timing.ratio(taken["ours"], taken["gram"]),
            "compile_s": seconds,
        }

    for name, chosen in PRECISIONS.items():
        yield name, functools.partial(measure, chosen)


@contextmanager
def _products(chosen: Any) -> Iterator[None]:
    """The kernels with float32 products of this precision."""

    def dot(a: jax.Array, b: jax.Array, over: tuple[int, int]) -> jax.Array:
        how = chosen if a.dtype == jnp.float32 else lax.Precision.HIGHEST
        return lax.dot_general(a, b, (((over[0],), (over[1],)), ((), ())), precision=how)

    with ExitStack() as stack:
        for module in [m for name, m in sys.modules.items() if name.startswith("disco_kernels.")]:
            for name, new in (("dot", dot), ("HIGHEST", chosen)):
                if hasattr(module, name):
                    stack.enter_context(mock.patch.object(module, name, new))
        yield


def solvers(arguments: argparse.Namespace) -> Trials:
    shape, features, _, truth = _problem(arguments)
    k = min(COMPONENTS, shape.n, shape.d)
    expected = truth.singular_values[:k]

    def centred(x: jax.Array) -> jax.Array:
        return x - x.mean(axis=0, keepdims=True)

    def by_kernel(x: jax.Array, **how: Any) -> jax.Array:
        return dk.spectrum(x, **how).singular_values[:k]

    def by_svd(x: jax.Array, algorithm: SvdAlgorithm) -> jax.Array:
        return lax.linalg.svd(centred(x), full_matrices=False, algorithm=algorithm)[1][:k]

    def by_eigh(x: jax.Array, implementation: EighImplementation) -> jax.Array:
        y = centred(x)
        gram = jnp.einsum("nd,ne->de", y, y, precision=lax.Precision.HIGHEST)
        values = lax.linalg.eigh(gram, implementation=implementation)[1]
        return jnp.sqrt(jnp.maximum(values[::-1][:k], 0))

    ways: dict[str, Callable[[jax.Array], jax.Array]] = {
        method: functools.partial(by_kernel, components=COMPONENTS, method=method)
        for method in ("krylov", "gram")
    }
    ways["full"] = functools.partial(by_kernel, method="full")
    for name in ("QR", "JACOBI"):
        ways[f"eigh, {name}"] = functools.partial(by_eigh, implementation=EighImplementation[name])
    for algorithm in ("DEFAULT", "POLAR", "QR", "JACOBI"):
        ways[f"svd, {algorithm}"] = functools.partial(by_svd, algorithm=SvdAlgorithm[algorithm])

    def measure(way: Callable[[jax.Array], jax.Array]) -> Row:
        ours, seconds = timing.compiled(way, features)
        taken, found = timing.interleaved(
            {"ours": lambda: ours(features)}, repeats=arguments.repeats
        )
        worst = np.abs(np.asarray(found["ours"], np.float64) - expected).max()
        error = float(worst / expected[0])
        return {**shape._asdict(), "ours_ms": taken["ours"], "error": error, "compile_s": seconds}

    for name, way in ways.items():
        yield name, functools.partial(measure, way)


def extract(arguments: argparse.Namespace) -> Trials:
    from disco_jax.backbones.backbone import compiled
    from disco_jax.backbones.loading import untrained

    batch = 2 if arguments.small else 64
    reference: dict[str, np.ndarray] = {}

    def measure(name: str, dtype: str) -> Row:
        backbone = untrained(name, dtype=dtype)
        size = backbone.preprocessing.size
        rng = np.random.default_rng(0)
        images = jnp.asarray(rng.integers(0, 256, (batch, size, size, 3), np.uint8))
        network = compiled(backbone, lambda outputs: outputs.features)
        taken, found = timing.interleaved(
            {"network": lambda: network(images)}, repeats=arguments.repeats
        )
        features = np.asarray(found["network"], np.float64)
        expected = reference.setdefault(name, features)
        return {
            **{"pixels": size, "batch": batch, "dtype": dtype, "ours_ms": taken["network"]},
            "per_s": 1e3 * batch / taken["network"]["median"],
            "error": float(np.abs(features - expected).max() / np.abs(expected).max()),
        }

    for name in SMALL_NETWORKS if arguments.small else NETWORKS:
        for dtype in ("float32", "bfloat16"):
            yield f"{name}, {dtype}", functools.partial(measure, name, dtype)


def goals(arguments: argparse.Namespace) -> Trials:
    path = record.RESULTS / f"{record.machine()['device']}-disco.json"
    rows = {row["shape"]: row for row in json.loads(path.read_text())["rows"]}

    def measure(shape: str, value: Callable[[Row], float], bound: float) -> Row:
        found = value(rows[shape])
        return {"value": found, "bound": bound, "met": found <= bound}

    for name, goal in GOALS.items():
        yield name, functools.partial(measure, *goal)


PARTS = {"precision": precision, "solvers": solvers, "extract": extract, "goals": goals}


def _problem(arguments: argparse.Namespace) -> tuple[Shape, jax.Array, jax.Array, exact.Exact]:
    shape = SMALL if arguments.small else SHAPE
    features, labels = data.make(*shape[:3], seed=0)
    truth = exact.disco(features, labels, shape.classes)
    return shape, jnp.asarray(features), jnp.asarray(labels), truth


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "ms": ("ours_ms", lambda ms: f"{ms['median']:.4g} ({ms['min']:.4g} to {ms['max']:.4g})"),
    "relative error": ("error", "{:.1e}".format),
    "one Gram product, ms": ("gram_ms", lambda ms: f"{ms['median']:.4g}"),
    "ours / Gram": ("ours_over_gram", "{:.3g}".format),
    "pictures/s": ("per_s", "{:.0f}".format),
    "compile, s": ("compile_s", "{:.3g}".format),
    "value": ("value", "{:.3g}".format),
    "goal, at most": ("bound", "{:g}".format),
    "met": ("met", lambda met: "yes" if met else "NO"),
}
