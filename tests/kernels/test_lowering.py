"""Every public kernel, at the size of a real network, as a program for each platform.

No accelerator is needed to lower for one. A program for a TPU holds no float64 number; one for a
CPU calls LAPACK for one matrix at a time, see `_lapack`. What each platform's programs call outside
XLA stands in the kernels' README, and is compared here.
"""

import inspect
import re
from functools import cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from jax import ShapeDtypeStruct as Shape
from jax.sharding import PartitionSpec as P

import disco_kernels as dk

from .test_sharding import mesh

FORMS = ["alone", "vmap"]
PLATFORMS = ["cpu", "cuda", "rocm", "tpu"]
KERNELS = [name for name in dk.__all__ if not isinstance(getattr(dk, name), type)]
CHOSEN = {"num_classes": 100, "components": 64, "fraction": 0.2}  # where there is no default
SHARDED = [n for n in KERNELS if "axis_name" in inspect.signature(getattr(dk, n)).parameters]
README = Path(dk.__file__).parents[1] / "README.md"


@cache
def inputs(n, d):
    """What a kernel may ask for, by the name of its parameter."""
    features, labels, targets = Shape((n, d), jnp.float32), Shape((n,), int), Shape((n, 4), float)
    spectrum = jax.eval_shape(dk.spectrum, features)
    summary = partial(dk.moments, num_classes=CHOSEN["num_classes"])
    moments = jax.eval_shape(lambda x, y, b: summary(x, y, targets=b), features, labels, targets)
    return {
        **dict.fromkeys(["features", "others", "source_features"], features),
        **dict.fromkeys(["targets", "boxes"], targets),
        **dict.fromkeys(["spectrum", "before", "after"], spectrum),
        **dict.fromkeys(["moments", "a", "b"], moments),
        "labels": labels,
        "logits": Shape((n, 1000), jnp.float32),
        "values": Shape((n,), jnp.float32),
        "covariance": Shape((d, d), jnp.float32),
        "difference": Shape((d,), jnp.float32),
    }


def problem(name, **options):
    """The kernel as a function of arrays, and their shapes: DISCO's where it is needed most."""
    kernel, there = getattr(dk, name), inputs(*(5000, 2048) if "disco" in name else (2000, 1024))
    parameters = inspect.signature(kernel).parameters.values()
    arrays = [there[p.name] for p in parameters if p.kind is not p.KEYWORD_ONLY and p.name in there]
    without = {p.name for p in parameters if p.default in (p.empty, None)}
    options |= {key: value for key, value in CHOSEN.items() if key in without}
    return lambda *arrays: kernel(*arrays, **options), arrays


def stacked(arrays, models=100):
    return jax.tree.map(lambda x: Shape((models, *x.shape), x.dtype), arrays)


@cache
def calls(name, form):
    """Platform -> what its program calls outside XLA. Traced once, lowered for each."""
    with jax.enable_x64(False):
        function, arrays = problem(name)
        if form == "vmap":
            function, arrays = jax.vmap(function), stacked(arrays)
        traced = jax.jit(function).trace(*arrays)
        return {platform: called(traced, platform) for platform in PLATFORMS}


def called(traced, platform):
    program = traced.lower(lowering_platforms=(platform,)).as_text()
    assert platform != "tpu" or "f64" not in program
    for operand in re.findall(r"custom_call @lapack.*?: \(tensor<([\dx]+)xf\d\d>", program):
        assert operand.count("x") < 2, f"LAPACK is called for a batch: {operand}"
    return frozenset(re.findall(r"custom_call @(\w+)", program)) - {"Sharding"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", KERNELS)
def test_lowers(name, form):
    assert set(calls(name, form)) == set(PLATFORMS)


@pytest.mark.parametrize("name", ["disco", "disco_regression", "spectrum"])
def test_gradients_lower(name):
    with jax.enable_x64(False):
        function, (features, *others) = problem(name)

        def total(x, *others):
            found = function(x, *others)
            return found.score if hasattr(found, "score") else jnp.sum(found.singular_values)

        traced = jax.jit(jax.grad(total)).trace(features, *others)
        for platform in PLATFORMS:
            called(traced, platform)


@pytest.mark.parametrize("name", SHARDED)
def test_rows_over_devices_lower(name):
    with jax.enable_x64(False):
        function, arrays = problem(name, axis_name="data")
        found = jax.eval_shape(problem(name)[0], *arrays)
        split = jax.shard_map(
            function,
            mesh=mesh("data"),
            in_specs=tuple(rows(x) for x in arrays),
            out_specs=rows(found) if name == "spectrum" else jax.tree.map(lambda _: P(), found),
        )
        traced = jax.jit(split).trace(*arrays)
        for platform in PLATFORMS:
            called(traced, platform)


def rows(value):
    """How rows over devices split an array, or a spectrum: its coordinates are its rows."""
    if isinstance(value, dk.Spectrum):
        return jax.tree.map(lambda _: P(), value)._replace(coordinates=P("data"))
    return P("data")


def test_readme_names_every_call():
    """A line a platform: a call that is new to one of them is noticed here."""
    text = README.read_text()
    for platform in PLATFORMS:
        names = sorted(
            {call for n in KERNELS for form in FORMS for call in calls(n, form)[platform]}
        )
        line = f"| {platform} | {', '.join(f'`{name}`' for name in names)} |"
        assert line in text, f"kernels/README.md has no line\n{line}"
