"""DISCO for real targets, and the two terms of detection, against the float64 reference."""

import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles.disco import disco_detection as detection_oracle
from ..oracles.disco import disco_regression as oracle
from ..problems import PROBLEMS, problem
from .table import (
    EPS,
    SAME,
    SCORE,
    SHARES,
    TALL,
    WIDE,
    close,
    defined,
    exact,
    identical,
    is_constant,
    named,
    over,
    rounding,
    same,
    shares,
    within,
)


def ours(row, targets=None, **options):
    targets = row.targets if targets is None else targets
    return dk.disco_regression(jnp.asarray(row.features), jnp.asarray(targets), **options)


def check(found, expected):
    missing = len(found.proportions) - len(expected.proportions)
    r, q = (np.pad(part, (0, missing)) for part in expected[1:])
    within(found.proportions, r, SHARES)
    close(found.transferability, q, SCORE)
    close(found.score, expected.score, SCORE)


@over([row for row in PROBLEMS if not is_constant(row)])
def test_against_the_oracle(row):
    """Where ties leave the score undefined: between nothing and all explained, and repeatable."""
    found = ours(row)
    if defined(row):
        check(found, oracle(row.features, row.targets))
    variance = row.targets.astype(np.float64).var(axis=0).mean()
    q = np.asarray(found.transferability)
    assert np.all((q <= 0) & (q >= -variance * (1 + SAME)))
    within(found.proportions, shares(row), SHARES)
    identical(found, ours(row))


@named("tall-constant", "column-constant")
def test_constant_features_explain_nothing(row):
    variance = row.targets.astype(np.float64).var(axis=0).mean()
    found = ours(row)
    close(found.transferability, -variance * (np.arange(8) < min(row.shape)))
    close(found.score, -variance)


def test_null_columns_explain_nothing():
    """Beyond the rank U is arbitrary: it must not enter the fit."""
    for name in ("tall-low-rank", "tall-duplicated-columns", "tall-constant-columns"):
        row = problem(name)
        q = ours(row).transferability
        variance = row.targets.astype(np.float64).var(axis=0).mean()
        first = -(-exact(row).rank() // 8)
        close(q[first:], np.full(8 - first, -variance))
        assert np.all(np.asarray(q[:first]) > -variance * (1 - SAME))


@pytest.mark.parametrize(
    ("row", "components", "groups"),
    [(TALL, 5, 8), (TALL, 21, 4), (TALL, 64, 3), (WIDE, 3, 1), (WIDE, 1000, 1000)],
)
def test_any_number_of_components_and_groups(row, components, groups):
    options = {"components": components, "groups": groups}
    assert defined(row, components, groups)
    check(ours(row, **options), oracle(row.features, row.targets, **options))


def test_weights():
    for w in (np.arange(300) % 3, np.arange(300) % 5 / 4):
        found = ours(TALL, where=jnp.asarray(w, jnp.float32))
        check(found, oracle(TALL.features, TALL.targets, weights=w))


def test_masked_rows_may_hold_anything():
    there = np.arange(300) % 4 > 0
    x, _, b = (np.where(there[:, None], a.reshape(300, -1), np.nan) for a in TALL.arrays)
    found = dk.disco_regression(jnp.asarray(x), jnp.asarray(b), where=jnp.asarray(there))
    identical(found, ours(TALL, where=jnp.asarray(there)))


def test_targets():
    """One column as a vector; two are the mean of each; a large mean, and none, cost nothing."""
    one = [ours(TALL, TALL.targets[:, j]) for j in (0, 1)]
    close(ours(TALL).transferability, (one[0].transferability + one[1].transferability) / 2)
    same(ours(TALL, TALL.targets[:, :1]), one[0])
    far = TALL.targets + np.float32(1e4)
    check(ours(TALL, far), oracle(TALL.features, far))
    assert ours(TALL, np.full(300, 7.3, np.float32)).score == 0
    whole = np.round(TALL.targets).astype(np.int32)
    same(ours(TALL, whole), ours(TALL, whole.astype(np.float32)))


def test_a_perfect_fit():
    """Targets that are a component: its group explains all of them, the others nothing."""
    target = exact(TALL).coordinates[:, 9]
    q = ours(TALL, target.astype(np.float32)).transferability
    expected = np.where(np.arange(8) == 1, 0, -np.mean(target**2))
    close(q, expected, 10 * rounding("float32", 300))  # U_9 itself turns by eps over its gap


def test_scale_of_features_and_targets():
    for scale in (1e-9, 1e9):
        x = jnp.asarray(TALL.features * np.float32(scale))
        same(dk.disco_regression(x, jnp.asarray(TALL.targets)), ours(TALL))
    doubled = ours(TALL, 2 * TALL.targets)
    close(doubled.score, 4 * np.asarray(ours(TALL).score), EPS["float32"])


@named("tall-gapped-1", "tall-imbalanced", "wide-gapped-1.5", "column-normal")
def test_detection_terms(row):
    """A class term and a box term, each from the same spectrum."""
    boxes = jnp.asarray(np.concatenate([row.targets, row.targets[::-1] ** 2], axis=1))
    x, y, classes = jnp.asarray(row.features), jnp.asarray(row.labels), row.num_classes
    found = dk.disco_detection(x, y, boxes, num_classes=classes)
    expected = detection_oracle(row.features, row.labels, boxes, num_classes=classes)
    close(found.classification, expected[0], SCORE)
    close(found.regression, expected[1], SCORE)
    close(found.classification, dk.disco(x, y, num_classes=classes).score)
    close(found.regression, dk.disco_regression(x, boxes).score)


def test_detection_options():
    x, y, boxes = map(jnp.asarray, TALL.arrays)
    both = {"components": 16, "groups": 4, "where": (jnp.arange(300) % 3).astype(jnp.float32)}
    by_class = {"num_classes": 5, "covariance": "class", "leave_one_out": True}
    found = dk.disco_detection(x, y, boxes, **by_class, **both)
    close(found.classification, dk.disco(x, y, **by_class, **both).score)
    close(found.regression, dk.disco_regression(x, boxes, **both).score)
