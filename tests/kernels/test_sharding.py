"""Rows, or models, split over eight devices: the same result as on one."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import disco_kernels as dk

from ..problems import problem
from .table import SAME, TALL, VALUES, close, defined, named
from .test_moments import check as check_moments

METHODS = ["full", "gram", "krylov"]
ROW = problem("big-gapped-1")


def mesh(name):
    return jax.make_mesh((8,), (name,), axis_types=(AxisType.Auto,))


REPLICATED = P()


def over_rows(function, *arrays, out_specs=REPLICATED):
    split = jax.shard_map(
        function, mesh=mesh("data"), in_specs=tuple(P("data") for _ in arrays), out_specs=out_specs
    )
    return jax.jit(split)(*arrays)


@pytest.mark.parametrize("weighted", [False, True])
def test_moments(weighted):
    features, labels, targets = ROW.arrays
    weights = np.random.default_rng(0).integers(0, 3, len(labels)) if weighted else None
    arrays = [features, labels, targets, *([weights] if weighted else [])]

    def summary(x, y, b, w=None, axis_name=None):
        return dk.moments(x, y, num_classes=10, targets=b, where=w, axis_name=axis_name)

    together = over_rows(partial(summary, axis_name="data"), *arrays)
    alone = summary(*arrays)
    for name, ours, theirs in zip(alone._fields, together, alone, strict=True):
        # norm_sums nearly cancels: its rounding is that of sum |y|^3, not of itself
        scale = 100 if name == "norm_sums" else 1
        close(ours, theirs, scale * SAME)


@pytest.mark.parametrize("method", METHODS)
def test_spectrum(method):
    features = ROW.features

    def factors(x, axis_name=None):
        s = dk.spectrum(x, components=32, method=method, axis_name=axis_name)
        return (s.singular_values, s.mean, s.rank, s.kept), s.coordinates

    specs = ((P(), P(), P(), P()), P("data"))
    together, coordinates = over_rows(partial(factors, axis_name="data"), features, out_specs=specs)
    alone, expected = factors(features)
    for ours, theirs in zip(together, alone, strict=True):
        close(ours, theirs, 1e-6)
    close(coordinates, expected, 1e-4)  # gaps of 1e-3 of the largest value turn 1e-7 into 1e-4


@pytest.mark.parametrize(
    ("method", "options"),
    [("full", {}), ("gram", {"covariance": "class", "leave_one_out": True}), ("krylov", {})],
    ids=METHODS,
)
def test_disco(method, options):
    features, labels, targets = ROW.arrays

    def scores(x, y, b, axis_name=None):
        common = {"components": 32, "method": method, "axis_name": axis_name}
        return (
            dk.disco(x, y, num_classes=10, **common, **options),
            dk.disco_regression(x, b, **common),
        )

    together = over_rows(partial(scores, axis_name="data"), features, labels, targets)
    for ours, theirs in zip(together, scores(features, labels, targets), strict=True):
        for one, other in zip(ours, theirs, strict=True):
            close(one, other)


@named("tall-offset", "wide-gapped-1", "square-gapped-1")
def test_rows_that_eight_does_not_divide(row):
    """Masked rows, of anything, make up the difference; weights; n < d; every field."""
    n, missing = row.shape[0], -row.shape[0] % 8
    x, y, b = (np.pad(a, [(0, missing)] + [(0, 0)] * (a.ndim - 1)) for a in row.arrays)
    w = np.where(np.arange(n + missing) < n, np.arange(n + missing) % 3, 0).astype(np.float32)
    x[n:], y[n:], b[n:] = np.nan, 9, np.inf

    def factors(x, y, b, w):
        s = dk.spectrum(x, method="full", where=w, axis_name="data")
        known = {"num_classes": 5, "targets": b, "where": w, "axis_name": "data"}
        return dk.moments(x, y, **known), s

    shapes = jax.tree.map(lambda _: P(), jax.eval_shape(dk.spectrum, x))
    specs = P(), shapes._replace(coordinates=P("data"))
    moments, s = over_rows(factors, x, y, b, w, out_specs=specs)
    check_moments(moments, *row.arrays, 5, w[:n], merged=True)
    alone = dk.spectrum(row.features, method="full", where=w[:n])
    k = len(alone.singular_values)
    assert (s.kept, s.rank) == (alone.kept, alone.rank)
    close(s.singular_values[:k], alone.singular_values, VALUES)
    close(s.mean, alone.mean, VALUES)
    close(s.coordinates[:n] @ s.basis.T, alone.coordinates @ alone.basis.T, VALUES)
    assert not np.any(s.coordinates[n:])


def test_masked_devices():
    """A device without a single sample changes nothing."""
    features, labels, _ = ROW.arrays
    present = np.arange(len(labels)) < 500

    def score(x, y, w, axis_name=None):
        options = {"num_classes": 10, "components": 32, "where": w, "axis_name": axis_name}
        return dk.disco(x, y, **options).score

    together = over_rows(partial(score, axis_name="data"), features, labels, present)
    close(together, dk.disco(features[:500], labels[:500], num_classes=10, components=32).score)


def test_gradient():
    features, labels, _ = (a[:296] for a in TALL.arrays)

    def gradient(x, y, axis_name=None):
        def score(x):
            return dk.disco(x, y, num_classes=5, axis_name=axis_name).score

        return jax.grad(score)(x)

    together = over_rows(partial(gradient, axis_name="data"), features, labels, out_specs=P("data"))
    close(together, gradient(features, labels), 1e-4)


def test_hub_over_models():
    features, labels, _ = problem("tall-gapped-1").arrays
    hub = jnp.stack([features * scale for scale in np.linspace(0.5, 2, 16, dtype=np.float32)])

    def score(x):
        return dk.disco(x, labels, num_classes=5).score

    split = jax.shard_map(
        partial(jax.lax.map, score), mesh=mesh("model"), in_specs=P("model"), out_specs=P("model")
    )
    close(jax.jit(split)(hub), [score(x) for x in hub])


@pytest.mark.parametrize("method", METHODS)
def test_one_large_model_to_a_device(method):
    """The loops of the truncated solvers start from what varies over the devices."""
    labels = jnp.asarray(ROW.labels)
    kinds = ("flat", "power-0.5", "power-1.5", "exponential", "low-rank", "dominant", "gapped-1.5")
    hub = jnp.stack([problem(f"big-{kind}").features for kind in ("gapped-1", *kinds)])

    def score(x):
        options = {"num_classes": 10, "components": 32, "method": method}
        return dk.disco(x, labels, **options)

    split = jax.shard_map(
        jax.vmap(score), mesh=mesh("model"), in_specs=P("model"), out_specs=P("model")
    )
    together = jax.jit(split)(hub)
    for i, x in enumerate(hub):
        alone = score(x)
        close(together.proportions[i], alone.proportions)
        if defined(problem(f"big-{['gapped-1', *kinds][i]}"), 32):
            close(together.score[i], alone.score)


@pytest.mark.parametrize("method", METHODS)
def test_left_to_the_compiler(method):
    features, labels, _ = ROW.arrays
    where = NamedSharding(mesh("data"), P("data"))
    split = jax.device_put(features, where), jax.device_put(labels, where)
    options = {"num_classes": 10, "components": 32, "method": method}
    close(dk.disco(*split, **options).score, dk.disco(features, labels, **options).score)
