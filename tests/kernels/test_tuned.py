"""DISCO's tuned mode against refitting without each sample in turn, and what it must not reward."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import left_out
from ..oracles.disco import hub_minmax
from ..problems import PROBLEMS, problem
from .table import SCORE, SHARES, TALL, WIDE, close, defined, is_constant, named, same, within

# The oracle refits for every sample and group: the small shapes.
CASES = [
    row
    for row in PROBLEMS
    if row.name.startswith(("tall", "wide", "column")) and defined(row) and not is_constant(row)
]
rows = pytest.mark.parametrize("row", CASES, ids=lambda row: row.name)


def ours(row, features=None, **options):
    x = row.features if features is None else features
    x, y = jnp.asarray(x), jnp.asarray(row.labels)
    return dk.disco(x, y, num_classes=row.num_classes, mode="tuned", **options)


def regressed(row, features=None, **options):
    x = row.features if features is None else features
    return dk.disco_regression(jnp.asarray(x), jnp.asarray(row.targets), mode="tuned", **options)


def check(found, expected):
    """Parts and score; groups that there are not have 0."""
    missing = len(found.proportions) - len(expected.proportions)
    r, q = (np.pad(part, (0, missing)) for part in expected[1:])
    within(found.proportions, r, SHARES)
    within(found.transferability, q, SCORE)
    within(found.score, expected.score, SCORE)


@rows
def test_classes_against_the_oracle(row):
    check(ours(row), left_out.of_classes(row.features, row.labels))


@rows
def test_targets_against_the_oracle(row):
    check(regressed(row), left_out.of_targets(row.features, row.targets))


@pytest.mark.parametrize("step", [1, 1 / 4], ids=["repeats", "weights"])
def test_weights(step):
    """Integer ones are repeats of which one is left out; others enter every sum."""
    for row in (TALL, problem("tall-imbalanced")):
        w = (np.arange(300) % 4) * step
        given = {"where": jnp.asarray(w, jnp.float32)}
        check(ours(row, **given), left_out.of_classes(row.features, row.labels, weights=w))
        check(regressed(row, **given), left_out.of_targets(row.features, row.targets, weights=w))


@pytest.mark.parametrize(("components", "groups"), [(5, 8), (21, 4), (64, 3), (1000, 1)])
def test_any_number_of_components_and_groups(components, groups):
    for row in (TALL, WIDE):
        options = {"components": components, "groups": groups}
        check(ours(row, **options), left_out.of_classes(row.features, row.labels, **options))


@pytest.mark.parametrize(("n", "d"), [(5, 3), (3, 5), (2, 2), (4, 1)])
def test_tiny(n, d):
    x = np.random.default_rng(n + 10 * d).normal(size=(n, d)).astype(np.float32)
    y = (np.arange(n) % 2).astype(np.int32)
    found = dk.disco(jnp.asarray(x), jnp.asarray(y), num_classes=2, mode="tuned")
    check(found, left_out.of_classes(x, y))


def test_nothing_to_tell_apart_scores_nothing():
    one, lone = jnp.ones((1, 4)), jnp.zeros(1, jnp.int32)
    assert dk.disco(one, lone, num_classes=3, mode="tuned").score == 0
    assert dk.disco_regression(one, jnp.ones(1), mode="tuned").score == 0
    assert not np.any(ours(problem("tall-one-class")).transferability)
    assert dk.disco_regression(jnp.eye(9), jnp.ones(9), mode="tuned").score == 0


def test_classes_without_samples_change_nothing():
    x, y = jnp.asarray(TALL.features), jnp.asarray(TALL.labels)
    same(dk.disco(x, y, num_classes=9, mode="tuned"), ours(TALL))


@named("tall-constant", "column-constant")
def test_constant_features_say_nothing(row):
    """The mean of the others lies off a sample's own side."""
    there = np.arange(8) < min(row.shape)
    for found in (ours(row), regressed(row)):
        within(found.transferability, -1.0 * there / (row.shape[0] - 1), SCORE)


@pytest.mark.parametrize("factor", [1e-12, 1e-3, 1e3, 1e12])
@named("tall-gapped-1", "wide-lone-samples", "tall-low-rank")
def test_free_of_scale(row, factor):
    x = row.features * np.float32(factor)
    same(ours(row, x), ours(row), SCORE)
    same(regressed(row, x), regressed(row), SCORE)


def test_answers_that_features_know_nothing_of_score_nothing():
    """However many columns there are: what is left out is not known."""
    rng = np.random.default_rng(0)
    for d in (64, 256, 1024):
        x = jnp.asarray(rng.normal(size=(500, d)).astype(np.float32))
        y = jnp.asarray(rng.integers(0, 10, 500).astype(np.int32))
        b = jnp.asarray(rng.normal(size=500).astype(np.float32))
        assert abs(dk.disco(x, y, num_classes=10, mode="tuned").score) < 0.02
        assert abs(dk.disco_regression(x, b, mode="tuned").score) < 0.1


def test_from_a_spectrum_and_in_detection():
    x, y, b = map(jnp.asarray, TALL.arrays)
    known = dk.spectrum(x)
    same(dk.disco_from_spectrum(known, y, num_classes=5, mode="tuned"), ours(TALL))
    same(dk.disco_regression_from_spectrum(known, b, mode="tuned"), regressed(TALL))
    both = dk.disco_detection(x, y, b, num_classes=5, mode="tuned")
    close(both.classification, ours(TALL).score)
    close(both.regression, regressed(TALL).score)
    assert hub_minmax([both.classification, 0.0])[0] == 1


def test_options_of_the_paper_are_refused():
    with pytest.raises(ValueError, match="mode must be one of paper, tuned, got 'best'"):
        dk.disco(jnp.ones((4, 2)), jnp.zeros(4, jnp.int32), num_classes=2, mode="best")
    for options in ({"covariance": "shared"}, {"leave_one_out": True}):
        with pytest.raises(ValueError, match="options of mode 'paper'"):
            ours(TALL, **options)


def test_gradient():
    """Of the score along a direction, against a difference in float64."""
    with jax.enable_x64(True):
        x = jnp.asarray(TALL.features, jnp.float64)
        y, b = jnp.asarray(TALL.labels), jnp.asarray(TALL.targets, jnp.float64)
        along = jnp.asarray(np.random.default_rng(1).normal(size=x.shape))
        for score in (
            lambda x: dk.disco(x, y, num_classes=5, mode="tuned").score,
            lambda x: dk.disco_regression(x, b, mode="tuned").score,
        ):
            step = 1e-5
            slope = (score(x + step * along) - score(x - step * along)) / (2 * step)
            close(jnp.vdot(jax.grad(score)(x), along), slope, 1e-5)
