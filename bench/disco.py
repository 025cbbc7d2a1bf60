"""DISCO: our kernel against one Gram product, an SVD and the published pipeline.

All on the same class-structured data, in turn, in one run; compiling is timed apart.

    ours         `dk.disco`, k = 128, G = 8, with the error of that very call against float64
    gram         one float32 product X'X, the floor of any exact method
    full         `dk.spectrum(method="full")` with its largest singular-value error
    svd          `jnp.linalg.svd` of the centred matrix, thin; its LAPACK has the one thread that
                 the kernels leave it, which is the fast setting
    published    the published code on the CPU, afterwards and once; with the BLAS threads it gets
                 by itself, and again with one, which may suit it better
    batch        a hub in one call: a `lax.map` over the models on the CPU, a `vmap` elsewhere
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import jax

from . import disco_rows
from .disco_rows import Shape
from .record import Row

MEASURED = {
    "small": (disco_rows.one_model, Shape(2000, 512, 10)),
    "medium": (disco_rows.one_model, Shape(5000, 2048, 100)),
    "large": (disco_rows.one_model, Shape(50_000, 768, 1000)),
    "flat": (disco_rows.one_model, Shape(5000, 2048, 100, "flat")),
    "hub": (disco_rows.hub, Shape(5000, 2048, 100)),
    "memory": (disco_rows.memory, Shape(50_000, 2048, 1000)),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shapes", default="all", help=f"all, or some of {','.join(MEASURED)}")
    parser.add_argument("--repeats", type=int, default=7, help="timed runs of each call")
    parser.add_argument("--hub-size", type=int, default=32, help="models in the shape `hub`")
    parser.add_argument(
        "--published-limit",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="extrapolate the published pipeline where it would take longer; 0 leaves it out",
    )
    parser.add_argument("--small", action="store_true", help="small shapes, to see that it runs")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    names = list(MEASURED) if arguments.shapes == "all" else arguments.shapes.split(",")
    if unknown := set(names) - set(MEASURED):
        raise SystemExit(
            f"--shapes: no {', '.join(sorted(unknown))}; there are {', '.join(MEASURED)}"
        )
    for name in names:
        jax.clear_caches()  # each row pays for its own compilation
        measure, shape = MEASURED[name]
        shape = disco_rows.shrunk(shape) if arguments.small else shape
        yield {"shape": name} | shape._asdict() | measure(shape, arguments)


def _spread(taken: dict[str, float]) -> str:
    return f"{taken['median']:.4g} ({taken['min']:.4g} to {taken['max']:.4g})"


_integer, _times, _error, _share = "{:d}".format, "{:.3g}".format, "{:.1e}".format, "{:.0%}".format

# Label of a line of the table: the row's key and how its value is written.
LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "samples": ("n", _integer),
    "dimensions": ("d", _integer),
    "classes": ("classes", _integer),
    "models": ("models", _integer),
    "**ours**, ms": ("ours_ms", _spread),
    "relative error": ("error", _error),
    "rounds": ("rounds", _integer),
    "residual": ("residual", _error),
    "in a batch, ms per model": ("batch_ms", _spread),
    "relative error in a batch": ("batch_error", _error),
    "batch / alone": ("batch_over_alone", _times),
    "tuned, ms": ("tuned_ms", _spread),
    "tuned / ours": ("tuned_over_ours", _times),
    "one Gram product, ms": ("gram_ms", _spread),
    "ours / Gram": ("ours_over_gram", _times),
    "full spectrum, ms": ("full_ms", _spread),
    "full spectrum's error": ("full_error", _error),
    "`jnp.linalg.svd`, ms": ("svd_ms", _spread),
    "svd / full": ("svd_over_full", _times),
    "published, s": ("published_s", _times),
    "published's relative error": ("published_error", _error),
    "published / ours": ("published_over_ours", _times),
    "published with one thread, s": ("published_one_thread_s", _times),
    "published with one thread / ours": ("published_one_thread_over_ours", _times),
    "compile, s": ("compile_s", _times),
    "extra memory / features": ("memory_share", _share),
}
