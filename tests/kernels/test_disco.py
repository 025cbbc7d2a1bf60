"""DISCO for classes against a float64 reference that builds Z_g as the paper writes it."""

import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import spectrum as oracle_spectrum
from ..oracles.disco import disco as oracle
from ..problems import PROBLEMS, boundary_gaps, problem
from .table import (
    SAME,
    SCORE,
    SHARES,
    TALL,
    WIDE,
    chance,
    close,
    defined,
    identical,
    is_constant,
    named,
    same,
    shares,
    within,
)

FORMS = [(name, loo) for name in ("identity", "shared", "class") for loo in (False, True)]
forms = pytest.mark.parametrize(("covariance", "leave_one_out"), FORMS)
IN_THE_ORACLE = {"identity": "identity", "shared": "shared", "class": "per_class"}


# The paper's form everywhere, the others on the small shapes but one (a second each, elsewhere).
CASES = [
    pytest.param(row, covariance, loo, id=f"{row.name}-{covariance}{'-loo' * loo}")
    for row in PROBLEMS
    for covariance, loo in FORMS
    if not is_constant(row)
    and (row.name.startswith(("tall", "wide", "column")) or (covariance, loo) == FORMS[0])
]


def ours(row, features=None, *, classes=None, covariance="identity", leave_one_out=False, **more):
    """Every option is always given: one call with one signature compiles once."""
    x = row.features if features is None else features
    return dk.disco(
        jnp.asarray(x),
        jnp.asarray(row.labels),
        num_classes=classes or row.num_classes,
        covariance=covariance,
        leave_one_out=leave_one_out,
        **more,
    )


def theirs(row, covariance="identity", **options):
    options |= {"num_classes": row.num_classes, "covariance": IN_THE_ORACLE[covariance]}
    return oracle(row.features, row.labels, **options)


def check(found, expected, score=SCORE):
    """Parts and score; groups that there are not have 0."""
    missing = len(found.proportions) - len(expected.proportions)
    r, q = (np.pad(part, (0, missing)) for part in expected[1:])
    within(found.proportions, r, SHARES)
    within(found.transferability, q, score)
    close(found.score, expected.score, score)


@pytest.mark.parametrize(("row", "covariance", "leave_one_out"), CASES)
def test_against_the_oracle(row, covariance, leave_one_out):
    """Where ties leave the subspaces, and so the score, undefined: in range, and repeatable."""
    options = {"covariance": covariance, "leave_one_out": leave_one_out}
    found = ours(row, **options)
    if defined(row):
        check(found, theirs(row, **options))
    within(found.proportions, shares(row), SHARES)
    assert np.all((found.transferability >= 0) & (found.transferability <= 1 + SAME))
    assert 0 <= found.score <= 1 + SAME
    identical(found, ours(row, **options))


@forms
@named("tall-constant", "column-constant")
def test_constant_features_score_as_chance(row, covariance, leave_one_out):
    found = ours(row, covariance=covariance, leave_one_out=leave_one_out)
    within(found.proportions, shares(row), SAME)
    there = np.arange(8) < min(row.shape)
    close(found.transferability, chance(row.labels) * there)
    close(found.score, chance(row.labels))


@pytest.mark.parametrize(
    ("row", "components", "groups"),
    [(TALL, 5, 8), (TALL, 21, 4), (TALL, 64, 3), (WIDE, 3, 1), (WIDE, 1000, 1000)],
)
def test_any_number_of_components_and_groups(row, components, groups):
    options = {"components": components, "groups": groups}
    assert defined(row, components, groups)
    check(ours(row, **options), theirs(row, **options))


@pytest.mark.parametrize(("n", "d"), [(5, 3), (3, 5), (1, 4), (2, 2), (4, 1)])
def test_tiny(n, d):
    """k = min(n, d) < G: one component to a group, and groups that there are not."""
    x = np.random.default_rng(n + 10 * d).normal(size=(n, d)).astype(np.float32)
    y = (np.arange(n) % 2).astype(np.int32)
    found = dk.disco(jnp.asarray(x), jnp.asarray(y), num_classes=2)
    if n > 1:
        assert boundary_gaps(oracle_spectrum.spectrum(x).singular_values)
        check(found, oracle(x, y, num_classes=2))
    else:
        close(found.score, 1)
    assert not np.any(found.proportions[min(n, d) :])


@pytest.mark.parametrize(("covariance", "shrinkage"), [("shared", 1.0), ("class", 0.01)])
def test_shrinkage(covariance, shrinkage):
    options = {"covariance": covariance, "shrinkage": shrinkage}
    check(ours(TALL, **options), theirs(TALL, **options))


@pytest.mark.parametrize(("covariance", "leave_one_out"), [FORMS[1], FORMS[2], FORMS[5]])
def test_weights(covariance, leave_one_out):
    """Integer ones are repeats, also for what leaving one out means; others enter every sum."""
    options = {"covariance": covariance, "leave_one_out": leave_one_out}
    for row in (TALL, problem("tall-imbalanced")):
        for w in (np.arange(300) % 3, np.arange(300) % 5 / 4):
            found = ours(row, where=jnp.asarray(w, jnp.float32), **options)
            check(found, theirs(row, weights=w, **options))


def test_weights_of_fewer_rows_than_columns():
    """Rows that are there twice or thrice: k counts them all, as where they are repeated."""
    w = np.arange(60) % 4
    found = ours(WIDE, where=jnp.asarray(w, jnp.float32))
    check(found, theirs(WIDE, weights=w))


def test_disco_is_its_parts():
    x, y, _ = map(jnp.asarray, TALL.arrays)
    s = dk.spectrum(x, components=128)
    r, q = dk.proportions(s), dk.transferability(s, y, num_classes=5)
    same(dk.Disco(jnp.sum(r * q), r, q), ours(TALL))


def test_classes():
    """One class is certain; an empty one changes nothing; alone, a sample is its own centroid."""
    for row in (TALL, problem("tall-one-class")):
        same(ours(row, classes=9), ours(row))
    for covariance, leave_one_out in FORMS:
        options = {"covariance": covariance, "leave_one_out": leave_one_out}
        close(ours(problem("tall-one-class"), **options).transferability, np.ones(8))
    alone = problem("wide-all-alone")
    assert ours(alone, leave_one_out=True).score == 0
    close(ours(alone, covariance="class").score, ours(alone).score)  # tr(S) = 0: L = I


def test_labels_out_of_range_are_absent_samples():
    """Absent to the classes; their rows still shape the spectrum."""
    x, y, _ = map(jnp.asarray, TALL.arrays)
    s, there = dk.spectrum(x), jnp.arange(300) % 7 > 0
    odd = jnp.where(there, y, jnp.where(y > 2, -1, 12))
    for covariance, leave_one_out in (FORMS[0], FORMS[-1]):
        options = {"covariance": covariance, "leave_one_out": leave_one_out, "num_classes": 5}
        found = dk.transferability(s, odd, where=jnp.ones(300, bool), **options)
        close(found, dk.transferability(s, y, where=there, **options))


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e3, 1e12])
@named("tall-gapped-1", "wide-lone-samples", "tall-low-rank")
def test_scale(row, scale):
    """A covariance makes the score free of it. The paper's form is not: far apart the classes are
    certain, close together they are chance."""
    x = row.features * np.float32(scale)
    for covariance in ("shared", "class"):
        options = {"covariance": covariance}
        same(ours(row, x, **options), ours(row, **options), SCORE)
    found = ours(row, x)
    assert (found.score > ours(row).score) == (scale > 1)
    if scale == 1e-12:
        close(found.transferability, np.full(8, chance(row.labels)))


@named("tall-gapped-1", "wide-gapped-1", "big-gapped-1", "tall-constant")
def test_from_the_full_spectrum(row):
    """Somebody who has all triplets gets the score of the leading ones."""
    x, y, b = map(jnp.asarray, row.arrays)
    everything = dk.spectrum(x)
    known = {"num_classes": row.num_classes, "components": 32}
    same(dk.disco_from_spectrum(everything, y, **known), dk.disco(x, y, **known))
    found = dk.disco_regression_from_spectrum(everything, b, components=32)
    same(found, dk.disco_regression(x, b, components=32))
