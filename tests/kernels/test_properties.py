"""What holds for every scoring kernel, whatever it computes: one row here for a new kernel."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..problems import PROBLEMS, Problem, gapped, lone_samples, low_rank, problem, spectral
from .table import DEFINED, SAME, SCORE, TALL, WIDE, close, over, rounding, within


class Kernel(NamedTuple):
    name: str
    call: Callable  # (features, labels, targets, num_classes, where, width) -> tuple of arrays
    free_of_scale: bool = False


def scored(**options):
    def call(x, y, b, classes, where=None, width=None):
        return dk.disco(x, y, num_classes=classes, where=where, width=width, **options)

    return call


def regressed(**options):
    def call(x, y, b, classes, where=None, width=None):
        return dk.disco_regression(x, b, where=where, width=width, **options)

    return call


def detected(x, y, b, classes, where=None, width=None):
    return dk.disco_detection(x, y, b, num_classes=classes, where=where, width=width)


def shared_out(x, y, b, classes, where=None, width=None):
    s = dk.spectrum(x, where=where, width=width)
    values = s.singular_values[: min(40, *x.shape)]  # padding only adds zeros to their end
    return dk.proportions(s), dk.spectral_share(s, first=2), values


KERNELS = [
    Kernel("disco", scored()),
    Kernel("disco-class-loo", scored(covariance="class", leave_one_out=True), free_of_scale=True),
    Kernel("disco-tuned", scored(mode="tuned"), free_of_scale=True),
    Kernel("disco_regression", regressed(), free_of_scale=True),
    Kernel("disco_regression-tuned", regressed(mode="tuned"), free_of_scale=True),
    Kernel("disco_detection", detected),
    Kernel("spectrum", shared_out),
]
kernels = pytest.mark.parametrize("kernel", KERNELS, ids=[kernel.name for kernel in KERNELS])
# Shapes that the padded batch of the issue has: d = 64 in 512 columns, n = 100 in 128 rows.
HUNDRED = [
    Problem("hundred-gapped-1", (100, 64), spectral(gapped(1.0))),
    Problem("hundred-offset", (100, 64), spectral(gapped(1.0), mean=1e3, spread=8.0)),
    Problem("hundred-low-rank", (100, 64), low_rank),
    Problem("hundred-lone-samples", (100, 64), spectral(gapped(1.0)), lone_samples),
]
SIZED = [row for row in PROBLEMS if row.name.startswith(("tall", "wide")) and row.num_classes == 5]
MOST = [row for row in SIZED if row in DEFINED]
OFFSET, COLUMN = problem("tall-offset"), problem("column-normal")


def alike(actual, expected, rtol=SAME):
    """The same numbers, up to a tenth of the issue's bound, each relative to the largest."""
    for ours, theirs in zip(actual, expected, strict=True):
        close(ours, theirs, rtol)


@cache
def plain(kernel, row):
    return kernel.call(*map(jnp.asarray, row.arrays), row.num_classes)


def applied(kernel, row, features=None, labels=None, targets=None, **options):
    given = (features, labels, targets)
    arrays = [a if b is None else b for a, b in zip(row.arrays, given, strict=True)]
    return kernel.call(*map(jnp.asarray, arrays), row.num_classes, **options)


@kernels
@over([*SIZED, COLUMN, problem("column-constant")])
def test_finite_in_float32_and_repeatable(row, kernel):
    found, again = plain(kernel, row), applied(kernel, row)
    for ours, theirs in zip(found, again, strict=True):
        assert ours.dtype == jnp.float32
        assert np.all(np.isfinite(ours))
        np.testing.assert_array_equal(ours, theirs)


@kernels
@over(MOST)
def test_float32_is_float64_to_rounding(row, kernel):
    wide = [a.astype(np.float64) if a.dtype == np.float32 else a for a in row.arrays]
    found = applied(kernel, row, *wide)
    assert all(leaf.dtype == jnp.float64 for leaf in found)
    alike(plain(kernel, row), found)


@kernels
def test_narrow_features(kernel):
    """bfloat16 and float16 are what their values are in float32; so are whole numbers."""
    for dtype in (jnp.bfloat16, jnp.float16, jnp.int32)[: 3 if kernel is KERNELS[0] else 1]:
        narrow = jnp.asarray(TALL.features).astype(dtype)
        found = applied(kernel, TALL, narrow)
        assert all(leaf.dtype == jnp.float32 for leaf in found)
        alike(found, applied(kernel, TALL, narrow.astype(jnp.float32)))


@kernels
def test_jit_vmap_and_map(kernel):
    """A hub of three models: in one call, under vmap, and one after the other in a map."""
    x, y, b = map(jnp.asarray, TALL.arrays)
    hub = jnp.stack([x, x[::-1], 2 * x])

    def score(x):
        return tuple(kernel.call(x, y, b, 5))

    expected = [score(x) for x in hub]
    for together in (jax.vmap(score)(hub), jax.jit(lambda hub: jax.lax.map(score, hub))(hub)):
        for i, alone in enumerate(expected):
            alike(jax.tree.map(lambda leaf, i=i: leaf[i], together), alone)
    alike(jax.jit(score)(x), expected[0])


def test_vmap_over_everything():
    x, y, _ = map(jnp.asarray, TALL.arrays)
    w = (jnp.arange(300) % 3).astype(jnp.float32)
    stacked = (jnp.stack([leaf, leaf[::-1]]) for leaf in (x, y, w))
    widths = jnp.array([64, 60])

    def score(x, y, w, width):
        clear = jnp.where(jnp.arange(64)[None] < width, x, 0)
        return dk.disco(clear, y, num_classes=5, where=w, width=width).score

    found = jax.vmap(score)(*stacked, widths)
    close(found[0], score(x, y, w, widths[0]))
    close(found[1], dk.disco(x[::-1, :60], y[::-1], num_classes=5, where=w[::-1]).score)


@kernels
@over(HUNDRED)
def test_padding_is_slicing(row, kernel):
    """Columns of zeros beyond `width`, rows of anything where the mask says so."""
    n, d = row.shape
    x, y, b = (np.pad(a, [(0, 28)] + [(0, 0)] * (a.ndim - 1)) for a in row.arrays)
    x, there = np.pad(x, ((0, 0), (0, 448))), jnp.arange(128) < n
    x[n:], y[n:], b[n:] = np.nan, 9, np.inf
    expected = plain(kernel, row)
    for width in (jnp.int32(d), d)[: 2 if kernel is KERNELS[0] else 1]:
        alike(applied(kernel, row, x, y, b, where=there, width=width), expected)


@kernels
@over([TALL, OFFSET])
def test_a_mask_is_slicing(row, kernel):
    there = np.arange(300) % 3 > 0
    x, y, b = (a.copy() for a in row.arrays)
    x[~there], y[~there], b[~there] = np.nan, -7, np.inf
    found = applied(kernel, row, x, y, b, where=jnp.asarray(there))
    alike(found, applied(kernel, row, *(a[there] for a in row.arrays)))


@kernels
@over([TALL, OFFSET, problem("tall-lone-samples")])
def test_duplicated_data_is_an_integer_weight(row, kernel):
    w = np.where(np.arange(300) < 150, 2, 1)
    twice = [np.concatenate([a, a[:150]]) for a in row.arrays]
    found = applied(kernel, row, where=jnp.asarray(w, jnp.float32))
    alike(found, applied(kernel, row, *twice))


@kernels
@over(MOST)
def test_order_of_rows(row, kernel):
    order = np.random.default_rng(0).permutation(len(row.features))
    alike(applied(kernel, row, *(a[order] for a in row.arrays)), plain(kernel, row))


@kernels
@over(MOST)
def test_names_of_classes_and_order_of_targets(row, kernel):
    names = np.random.default_rng(1).permutation(row.num_classes).astype(np.int32)
    found = applied(kernel, row, None, names[row.labels], row.targets[:, ::-1])
    alike(found, plain(kernel, row))


@kernels
@over(MOST)
def test_rotated_features(row, kernel):
    """Only the components that the features have may turn: an orthogonal matrix, in float64.

    Rounding the product to float32 moves entries of size mean by eps: the issue's bound then.
    """
    rng = np.random.default_rng(2)
    turn = np.linalg.qr(rng.normal(size=(row.shape[1], row.shape[1])))[0]
    turned = (row.features @ turn).astype(np.float32)
    alike(applied(kernel, row, turned), plain(kernel, row), SCORE)


@kernels
@over([TALL, WIDE, OFFSET, problem("wide-lone-samples"), COLUMN])
def test_moved_and_scaled_features(row, kernel):
    """A constant added to a column changes nothing, a factor only what depends on scale."""
    moved = row.features + np.linspace(-3, 5, row.shape[1], dtype=np.float32)
    alike(applied(kernel, row, moved), plain(kernel, row), SCORE)
    scaled = applied(kernel, row, row.features * np.float32(8))
    if kernel.free_of_scale:
        alike(scaled, plain(kernel, row))
    else:
        assert any(np.any(a != b) for a, b in zip(scaled, plain(kernel, row), strict=True))


@kernels
def test_inputs_are_left_alone(kernel):
    arrays = [a.copy() for a in TALL.arrays]
    kernel.call(*arrays, TALL.num_classes, where=np.ones(300, bool), width=64)
    on_device = [jnp.asarray(a) for a in arrays]
    kernel.call(*on_device, TALL.num_classes)
    for given, device, original in zip(arrays, on_device, TALL.arrays, strict=True):
        np.testing.assert_array_equal(given, original)
        np.testing.assert_array_equal(device, original)


@kernels
def test_without_x64_the_same(kernel):
    with jax.enable_x64(False):
        found = applied(kernel, TALL)
    assert all(leaf.dtype == jnp.float32 for leaf in found)
    alike(found, plain(kernel, TALL))


@kernels
@over(SIZED)
def test_gradients_are_finite_everywhere(row, kernel):
    """Also on what is constant, tied, of low rank, or alone in its class; float32.

    Moving all rows alike moves no score, so the gradients of the rows add up to nothing.
    """
    x, y, b = map(jnp.asarray, row.arrays)
    found = gradients(kernel, row.num_classes)(x, jnp.ones(len(x), jnp.float32), y, b)
    for leaf in found:
        assert np.all(np.isfinite(leaf))
        assert leaf.dtype == jnp.float32
    by_row = np.asarray(found[0], np.float64)
    within(by_row.sum(axis=0), 0 * by_row[0], rounding("float32", len(x)) * abs(by_row).sum())


@cache
def gradients(kernel, classes):
    """Compiled once for a shape."""

    def total(x, w, y, b):
        return sum(jnp.sum(leaf) for leaf in kernel.call(x, y, b, classes, w))

    return jax.jit(jax.grad(total, argnums=(0, 1)))


def test_every_scoring_kernel_has_a_row():
    """A public kernel is a row above, or one of these, which have tests of their own."""
    parts = {
        "component_change",
        "disco_from_spectrum",
        "disco_regression_from_spectrum",
        "hard_examples",
        "leading",
        "hub_minmax",
        "merge",
        "moments",
        "moments_from_spectrum",
        "proportion_change",
        "robust_direction",
        "spectrum_from_moments",
        "transferability",
        "transferability_regression",
    }
    others = {"gbc", "knn", "knn_regression", "logme", "logme_regression"}  # test_metrics
    others |= {"cka", "energy", "h_score", "h_score_shrunk", "leep", "lfc", "nce", "rankme"}
    others |= {"ridge_loo", "ridge_loo_regression", "stable_rank", "transrate"}  # test_closed_form
    others |= {"etran", "etran_regression", "lda_loo", "ncti", "sfda", "tmi_variance", "ped"}
    others |= {"concept_variance", "interclass_distance", "parc", "tmi"}  # test_pairwise
    others |= {"kernel_product", "kernel_shares", "knn_left_out", "ridge_left_out"}
    others |= {"leep_likelihoods"}  # test_ensemble_parts
    others |= {"nleep", "pactran_dirichlet", "pactran_gamma", "pactran_gauss"}
    here = {kernel.name.split("-")[0] for kernel in KERNELS} | {"proportions", "spectral_share"}
    public = {name for name in dk.__all__ if name[0].islower()}
    assert public == here | parts | others
