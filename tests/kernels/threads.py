"""A program for `test_threads`: factorisations in many threads and on many devices at once.

    python -m tests.kernels.threads threads|devices|scores [--x64] [--all]

Prints a line when it is through. Where batched LAPACK calls wait for each other it never is.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jax
import numpy as np
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

import disco_kernels as dk

CALLS, THREADS, MODELS, CLASSES = 60, 4, 8, 5
RNG = np.random.default_rng(0)
FACTORING = {
    "disco": dk.disco,
    "hard_examples": partial(dk.hard_examples, fraction=0.2),
    **{n: getattr(dk, n) for n in ("lda_loo", "ncti", "nleep", "sfda", "transrate")},
}
SHAPES = [(500, 64), (40, 200)]
MORE = [
    (700, 96),
    (60, 20),
    (300, 300),
    (1000, 32),
    (2000, 128),
    (120, 700),
    (256, 256),
    (900, 512),
    (30, 10),
    (3000, 64),
]


def problem(n, d, models):
    labels = RNG.integers(0, CLASSES, n).astype(np.int32)
    features = RNG.normal(size=(models, n, d)) + 2 * np.eye(CLASSES, d)[labels]
    return features.astype(np.float32), labels


def on_stack(name, labels):
    """A jitted function of the features of several models."""
    kernel = FACTORING[name]
    takes_rows = name in ("disco", "hard_examples")

    def one(x):
        factors = x if takes_rows else dk.spectrum(x)
        return kernel(factors, labels, num_classes=CLASSES)

    return jax.jit(jax.vmap(one))


def threads():
    features, labels = problem(120, 48, MODELS)
    for name in FACTORING:
        function = on_stack(name, labels)
        jax.block_until_ready(function(features))
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(partial(often, function), [features] * THREADS))


def often(function, features):
    for _ in range(CALLS):
        jax.block_until_ready(function(features))


def devices():
    features, labels = problem(300, 128, 2 * MODELS)
    for name in ("disco", "sfda"):
        function = on_stack(name, labels)
        for count in (2, 4, 8):
            chosen = {"devices": jax.devices()[:count], "axis_types": (AxisType.Auto,)}
            mesh = jax.make_mesh((count,), ("model",), **chosen)
            split = jax.shard_map(function, mesh=mesh, in_specs=P("model"), out_specs=P("model"))
            compiled = jax.jit(split)
            for _ in range(10):
                jax.block_until_ready(compiled(features))


def scores(everything):
    import disco_jax

    metrics = "all" if everything else [name for name in FACTORING if name != "hard_examples"]
    for n, d in SHAPES + MORE * everything:
        for models in (1, 3):
            features, labels = problem(n, d, models)
            hub = {f"model {i}": x for i, x in enumerate(features)}
            disco_jax.score(hub, labels=labels, metrics=metrics)


if __name__ == "__main__":
    what, *options = sys.argv[1:]
    jax.config.update("jax_enable_x64", "--x64" in options)
    {"threads": threads, "devices": devices, "scores": partial(scores, "--all" in options)}[what]()
    print("through")
