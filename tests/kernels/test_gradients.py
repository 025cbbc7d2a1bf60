"""Gradients against central differences of the exact score, in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from .table import SAME, close, exact, named

STEP = 1e-6  # the error of a central difference is about STEP**2 + eps / STEP, 1e-9 here
SHAPES = [(40, 12), (12, 30)]


def data(n, d):
    rng = np.random.default_rng(n * d)
    labels = rng.integers(0, 3, n)
    spread = np.arange(1, d + 1.0) ** -0.3
    features = rng.normal(size=(n, d)) * spread + 2 * np.eye(3, d)[labels]
    return features, labels, rng.normal(size=(n, 2)), rng.uniform(0.5, 2, n)


def functions(labels, targets):
    three = {"num_classes": 3, "groups": 4}

    def disco(**options):
        return lambda x, w: dk.disco(x, labels, where=w, **{**three, **options}).score

    return {
        "identity": disco(),
        "some": disco(components=8, groups=3),
        "shared": disco(covariance="shared"),
        "class": disco(covariance="class", leave_one_out=True),
        "regression": lambda x, w: dk.disco_regression(x, targets, groups=4, where=w).score,
        "spectrum": lambda x, w: uneven(dk.spectrum(x, components=5, where=w)),
    }


def uneven(s):
    """A function of every field that tells all components apart."""
    return (
        jnp.sum(s.singular_values**3)
        + jnp.sum(s.coordinates[:, 2] ** 3)
        + jnp.sum(s.basis[:, 1] ** 3)
        + jnp.sum(s.mean**3)
    )


def differs(function, at, direction):
    return (function(at + STEP * direction) - function(at - STEP * direction)) / (2 * STEP)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", list(functions(None, None)))
def test_against_differences(shape, name):
    features, labels, targets, weights = data(*shape)
    function = functions(labels, targets)[name]
    by_features, by_weights = jax.jit(jax.grad(function, argnums=(0, 1)))(features, weights)
    rng = np.random.default_rng(0)
    along, across = rng.normal(size=features.shape), rng.normal(size=weights.shape)
    for actual, expected in (
        (by_features * along, differs(lambda x: function(x, weights), features, along)),
        (by_weights * across, differs(lambda w: function(features, w), weights, across)),
    ):
        scale = float(jnp.linalg.norm(actual) + jnp.abs(expected))
        assert abs(float(jnp.sum(actual) - expected)) < 1e-6 * (scale + 1e-3)


@named("tall-gapped-1", "wide-gapped-1", "square-flat", "tall-offset", "column-normal")
def test_singular_values_in_closed_form(row):
    """d(sum c_j s_j)/dX = U diag(c) V^T, in float64 and in float32."""
    o, k = exact(row), min(row.shape)
    c = np.cos(np.arange(k)) * (o.singular_values > 1e-9 * o.singular_values[0])
    expected = o.left * c @ o.basis.T
    for dtype, bound in ((np.float64, 1e-9), (np.float32, SAME)):
        gradient = jax.grad(
            lambda x, c: jnp.sum(c * dk.spectrum(x, method="full").singular_values)
        )(row.features.astype(dtype), c.astype(dtype))
        close(gradient, expected, bound)


def test_regression_targets():
    features, _, targets, weights = data(40, 12)

    def score(b):
        return dk.disco_regression(features, b, groups=4, where=weights).score

    along = np.random.default_rng(3).normal(size=targets.shape)
    found = np.sum(np.asarray(jax.grad(score)(targets)) * along)
    assert found == pytest.approx(float(differs(score, targets, along)), rel=1e-6)


def test_ties_inside_a_group_are_harmless():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 40)
    left = np.linalg.qr(rng.normal(size=(40, 8)) - 0.0)[0]
    left = np.linalg.qr(left - left.mean(0))[0]
    right = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    features = left * np.array([9, 9, 9, 9, 4, 4, 4, 4.0]) @ right.T

    def score(x):
        return dk.disco(x, labels, num_classes=3, groups=2).score

    gradient = jax.grad(score)(features)
    assert np.all(np.isfinite(gradient))
    along = rng.normal(size=features.shape)
    expected = float(differs(score, features, along))
    assert float(jnp.sum(gradient * along)) == pytest.approx(expected, rel=1e-6)


def test_masked_rows_get_no_gradient_and_padding_changes_none():
    features, labels, _, _ = data(40, 12)
    present = np.arange(40) < 30
    padded = np.where(present[:, None], np.pad(features, ((0, 0), (0, 4))), np.nan)

    def masked(x):
        return dk.disco(x, labels, num_classes=3, groups=4, where=present, width=12).score

    def plain(x):
        return dk.disco(x, labels[:30], num_classes=3, groups=4).score

    gradient, expected = jax.grad(masked)(padded), jax.grad(plain)(features[:30])
    np.testing.assert_array_equal(gradient[30:], 0)
    np.testing.assert_allclose(gradient[:30, :12], expected, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("method", ["gram", "krylov"])
def test_truncated_path_has_the_exact_gradient(method):
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 10, 900)
    means = rng.normal(size=(10, 400)) * np.arange(1, 401.0) ** -0.7
    features = means[labels] + rng.normal(size=(900, 400)) * np.arange(1, 401.0) ** -0.7
    features = features.astype(np.float32)

    def gradient(method):
        def score(x):
            return dk.disco(x, labels, num_classes=10, components=32, method=method).score

        return jax.grad(score)(features)

    assert dk.spectrum(features, components=32, method=method).rounds > 0
    exact = gradient("full")
    np.testing.assert_allclose(gradient(method), exact, atol=1e-3 * np.abs(exact).max())


def test_under_vmap_and_in_float32():
    features, labels, _, _ = data(40, 12)
    hub = np.stack([features, 2 * features, features**2]).astype(np.float32)

    def score(x):
        return dk.disco(x, labels, num_classes=3, groups=4).score

    together = jax.vmap(jax.grad(score))(hub)
    assert together.dtype == jnp.float32
    for one, gradient in zip(hub, together, strict=True):
        exact = jax.grad(score)(one.astype(np.float64))
        np.testing.assert_allclose(gradient, exact, atol=1e-4 * np.abs(exact).max())


def test_without_x64():
    features, labels, _, _ = data(40, 12)
    with jax.enable_x64(False):
        x, y = jnp.asarray(features, jnp.float32), jnp.asarray(labels, jnp.int32)
        gradient = jax.jit(jax.grad(lambda x: dk.disco(x, y, num_classes=3, groups=4).score))(x)
        assert gradient.dtype == jnp.float32
    exact = jax.grad(lambda x: dk.disco(x, labels, num_classes=3, groups=4).score)(features)
    np.testing.assert_allclose(gradient, exact, atol=1e-4 * np.abs(exact).max())
