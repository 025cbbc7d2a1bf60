"""What sets of models are chosen by: kernel products, and predictions of samples left out.

Every row is filled up to one shape with samples of weight zero (NaN, labels out of range) and zero
columns, so that each kernel compiles twice.
"""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import kernel_products as product_oracle
from ..oracles import leep as leep_oracle
from ..oracles import left_out_samples as left_out_oracle
from ..problems import problem
from .table import close, named, within

ROWS, COLUMNS, OTHERS, CLASSES = 300, 160, 24, 60
NAMES = (
    *("tall-power-1", "tall-offset", "tall-constant", "tall-lone-samples", "square-flat"),
    *("wide-exponential", "wide-all-alone", "column-normal"),
)
REFITTED = "square-flat", "wide-exponential", "wide-lone-samples", "column-normal"


def others(row):
    """Features of another model, of another width, that knows something of the first."""
    rng = np.random.default_rng(11)
    mixed = row.features[:, :1] @ rng.normal(size=(1, OTHERS)) + rng.normal(size=OTHERS)
    return (mixed + rng.normal(size=(row.shape[0], OTHERS))).astype(np.float32)


def everything(features, theirs, labels, logits, where=None, width=None, num_classes=CLASSES):
    known = {"num_classes": num_classes, "where": where}
    return {
        "product": dk.kernel_product(features, theirs, where=where),
        "norm": dk.kernel_product(features, where=where),
        "shares": dk.kernel_shares(features, theirs, where=where),
        "wide shares": dk.kernel_shares(features, where=where),
        "ridge": dk.ridge_left_out(
            dk.spectrum(features, where=where, width=width), labels, **known
        ),
        "knn": dk.knn_left_out(features, labels, **known),
        "leep": dk.leep_likelihoods(logits, labels, **known),
    }


compiled = jax.jit(everything, static_argnames="num_classes")


def source_logits(row):
    return (2 * np.random.default_rng(3).normal(size=(row.shape[0], 7))).astype(np.float32)


def weights(row, repeated):
    n = row.shape[0]
    return np.random.default_rng(7).integers(0, 4, n) if repeated else np.ones(n, int)


@cache
def found(name, repeated, dtype):
    row = problem(name)
    n, d = row.shape
    more = ((0, ROWS - n), (0, 0))
    x, z, logits = (
        np.pad(a, more, constant_values=np.nan).astype(dtype)
        for a in (row.features, others(row), source_logits(row))
    )
    x = np.pad(x, ((0, 0), (0, COLUMNS - d)))
    labels = np.pad(row.labels, more[0], constant_values=99)
    w = np.pad(weights(row, repeated), more[0]).astype(dtype)
    result = jax.device_get(compiled(x, z, labels, logits, w, np.int32(d)))
    floating = {leaf.dtype for leaf in jax.tree.leaves(result)} - {np.dtype(bool)}
    assert floating == {np.dtype(dtype)}
    return result


@named(*NAMES)
@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-9), ("float32", 2e-5)])
def test_products(row, repeated, dtype, rtol):
    w, result = weights(row, repeated), found(row.name, repeated, dtype)
    n = row.shape[0]
    kernels = [product_oracle.kernel(each, w) for each in (row.features, others(row))]
    size = np.prod([np.linalg.norm(kernel) for kernel in kernels])
    floor = 1e-6 * (row.name == "tall-offset") + rtol  # rounded means of 1000, twice squared
    expected = product_oracle.shares(row.features, others(row), w)
    within(result["product"], expected.sum(), floor * size + 1e-12)
    within(result["shares"][:n], expected, floor * size + 1e-12)
    own = product_oracle.shares(row.features, row.features, w)
    within(result["norm"], own.sum(), floor * own.sum() + 1e-12)
    within(result["wide shares"][:n], own, floor * own.sum() + 1e-12)
    assert not result["shares"][n:].any()


@named("tall-power-1", "wide-exponential")
def test_a_share_is_half_the_derivative(row):
    x, z = (each.astype(np.float64) for each in (row.features, others(row)))
    w = np.random.default_rng(5).uniform(0.5, 2, len(x))
    slope = jax.grad(lambda w: dk.kernel_product(x, z, where=w))(w)
    close(dk.kernel_shares(x, z, where=w), w * slope / 2, 1e-9)


@named(*REFITTED)
@pytest.mark.parametrize("repeated", [False, True])
def test_ridge(row, repeated):
    w, result = weights(row, repeated), found(row.name, repeated, "float64")["ridge"]
    n, there = row.shape[0], weights(row, repeated) > 0
    expected = left_out_oracle.ridge(
        row.features, row.labels, num_classes=row.num_classes, weights=w
    )
    np.testing.assert_array_equal(result.right[:n][there], expected[0])
    np.testing.assert_allclose(result.likelihood[:n][there], expected[1], rtol=1e-6)
    absent = np.append(~there, np.ones(ROWS - n, bool))
    assert not result.right[absent].any() and np.all(result.likelihood[absent] == 1)


@named(*(name for name in NAMES if name != "tall-constant"))  # all equally far
@pytest.mark.parametrize("repeated", [False, True])
def test_neighbours(row, repeated):
    w, result = weights(row, repeated), found(row.name, repeated, "float64")["knn"]
    n, there = row.shape[0], weights(row, repeated) > 0
    expected = left_out_oracle.knn(
        row.features.astype(np.float64), row.labels, num_classes=row.num_classes, weights=w
    )
    np.testing.assert_array_equal(result.right[:n][there], expected[0])
    np.testing.assert_allclose(result.likelihood[:n][there], expected[1], rtol=1e-12)


@named(*NAMES)
def test_their_means_are_the_scores(row):
    """`ridge_loo`, `knn` and `leep` of the same samples."""
    known = {"num_classes": row.num_classes}
    result = found(row.name, False, "float32")
    n = row.shape[0]
    spectrum = dk.spectrum(row.features)
    assert result["ridge"].right.sum() == pytest.approx(
        n * dk.ridge_loo(spectrum, row.labels, **known), abs=1.5
    )
    assert result["knn"].right.sum() == pytest.approx(
        n * dk.knn(row.features, row.labels, **known), abs=0.5
    )
    p = leep_oracle.own_probabilities(
        np.ones(n), np.asarray(jax.nn.softmax(source_logits(row).astype(np.float64), 1)), row.labels
    )
    np.testing.assert_allclose(result["leep"][:n], p, rtol=2e-5)


@named("tall-power-1")
def test_order_names_and_models_at_once(row):
    rng = np.random.default_rng(2)
    order, names = rng.permutation(300), rng.permutation(5).astype(np.int32)
    x, z, logits = row.features, others(row), source_logits(row)
    call = jax.jit(partial(everything, num_classes=5))
    plain = jax.device_get(call(x, z, row.labels, logits))
    moved = jax.device_get(call(x[order], z[order], names[row.labels][order], logits[order]))
    batch = jax.jit(jax.vmap(call, in_axes=(0, None, None, None)))
    many = jax.device_get(batch(np.stack([x[::-1], x]), z, row.labels, logits))
    for name, value in plain.items():
        again = jax.tree.map(lambda leaf: leaf[order] if leaf.shape else leaf, value)
        jax.tree.map(lambda a, b: close(a, b, 1e-4), moved[name], again)
        jax.tree.map(lambda both, alone: close(both[1], alone, 1e-4), many[name], value)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_narrow_features(dtype):
    row = problem("tall-power-1")
    x = jnp.asarray(row.features).astype(dtype)
    z = jnp.asarray(others(row)).astype(dtype)
    found = dk.kernel_product(x, z)
    assert found.dtype == jnp.float32
    close(found, product_oracle.product(x.astype(jnp.float32), z.astype(jnp.float32)), 1e-5)


def test_one_sample():
    x, y = np.ones((1, 3), np.float32), np.zeros(1, np.int32)
    assert dk.kernel_product(x) == 0
    ridge = dk.ridge_left_out(dk.spectrum(x), y, num_classes=2)
    near = dk.knn_left_out(x, y, num_classes=2)
    assert not ridge.right.any() and not near.right.any()
    assert float(ridge.likelihood[0]) == 1 and float(near.likelihood[0]) == 1


def test_refusals():
    x = np.ones((4, 2), np.float32)
    with pytest.raises(ValueError, match="same samples, got 4 and 3 rows"):
        dk.kernel_product(x, x[:3])
    with pytest.raises(ValueError, match="others must be a matrix"):
        dk.kernel_shares(x, x[0])
