"""What fine-tuning changed between two feature matrices, and the hard examples of one."""

import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import analysis as oracle
from ..problems import PROBLEMS, boundary_gaps, problem
from .table import EPS, SCORE, SHARES, TALL, close, exact, named, over, rounding, within

PAIRS = [
    ("tall-gapped-1", "tall-gapped-1.5"),
    ("tall-gapped-0.5", "tall-offset"),
    ("square-gapped-1", "square-gapped-0.5"),
    ("wide-gapped-1", "wide-gapped-1.5"),
    ("wide-gapped-0.5", "wide-offset"),
    ("tall-low-rank", "tall-gapped-1"),
    ("column-normal", "column-constant"),
]
pairs = pytest.mark.parametrize(("before", "after"), PAIRS, ids=["-".join(p) for p in PAIRS])


def spectrum(features, **options):
    return dk.spectrum(jnp.asarray(features), components=128, method="full", **options)


@pairs
def test_changes_against_the_oracle(before, after):
    x, z = problem(before).features, problem(after).features
    s, t = spectrum(x), spectrum(z)
    groups = min(8, *x.shape)
    change = np.asarray(dk.component_change(s, t))
    moved = np.asarray(dk.proportion_change(s, t))
    known = oracle.component_change(x, z)
    limited = np.minimum(known, np.finfo(np.float32).max)  # from nothing: infinite there
    alive = np.arange(groups) * (min(x.shape) // groups) < exact(problem(before)).rank()
    within(np.where(alive, change[:groups], 0), np.where(alive, limited, 0), SCORE * limited)
    if after != "column-constant":
        within(moved[:groups], oracle.proportion_change(x, z), 2 * SHARES)
    assert not np.any(change[groups:])
    assert not np.any(moved[groups:])


def test_changes_by_hand():
    s = spectrum(TALL.features)
    for scale, change in ((1, 0), (2, 1), (-1, 2)):
        t = spectrum(scale * TALL.features)
        within(dk.component_change(s, t), np.full(8, change), rounding("float32", 300))
        within(dk.proportion_change(s, t), np.zeros(8), EPS["float32"])
    moved = spectrum(TALL.features + np.float32(4.0))  # centring takes it out
    within(dk.component_change(s, moved), np.zeros(8), SCORE)


def test_only_the_component_that_moved():
    """Component 0 doubled: its group changes by what it weighs there, the others by nothing."""
    o = exact(TALL)
    values = o.singular_values * np.where(np.arange(64) == 0, 2, 1)
    x = (o.left * values @ o.basis.T + o.mean).astype(np.float32)
    s, t = spectrum(TALL.features), spectrum(x)
    share = o.singular_values[0] / np.linalg.norm(o.singular_values[:8])
    within(dk.component_change(s, t), share * (np.arange(8) == 0), SCORE)
    r, total = o.singular_values.reshape(8, 8).sum(axis=1), o.singular_values.sum()
    more = o.singular_values[0]
    expected = (r + more * (np.arange(8) == 0)) / (total + more) - r / total
    within(dk.proportion_change(s, t), expected, 2 * SHARES)


def test_other_groups_widths_and_masks():
    x, z = TALL.features, problem("tall-gapped-1.5").features
    s, t = spectrum(x), spectrum(z)
    known = oracle.component_change(x, z, groups=3)
    assert boundary_gaps(exact(TALL).singular_values, 3)
    close(dk.component_change(s, t, groups=3), known, SCORE)
    narrow = spectrum(z[:, :48])
    expected = oracle.proportion_change(x, z[:, :48])
    within(dk.proportion_change(s, narrow), expected, 2 * SHARES)
    there = np.arange(300) < 250
    masked = (spectrum(a, where=jnp.asarray(there)) for a in (x, z))
    close(dk.component_change(*masked), oracle.component_change(x[there], z[there]), SCORE)


def hard(row, fraction=0.3, **options):
    x, y, _ = map(jnp.asarray, row.arrays)
    return np.asarray(
        dk.hard_examples(x, y, num_classes=row.num_classes, fraction=fraction, **options)
    )


def clear_cut(row, fraction):
    """Whether rounding can confuse no sample that is kept with one that is not.

    By the log posterior of all *other* classes together, which keeps its precision where that of
    the own class is 1; over the -36 where float64 sees 1. A covariance with a ridge of 1e-3 of
    its mean has a condition of at most 1000 d, which is what float32 loses.
    """
    known = oracle.lda_log_posteriors(row.features, row.labels, num_classes=row.num_classes)
    known[np.arange(len(known)), row.labels] = -np.inf
    with np.errstate(divide="ignore"):
        others = np.log(np.sum(np.exp(known), axis=1))
    lost = 1e3 * row.shape[1] * EPS["float32"]
    for c in np.unique(row.labels):
        order = -np.sort(-others[row.labels == c])
        kept = max(1, int(np.floor(fraction * len(order) + 0.5)))
        last, first_left = order[kept - 1 : kept + 1] if kept < len(order) else (1, -np.inf)
        if last < -30 or not last - first_left > lost:
            return False
    return True


@pytest.mark.parametrize("fraction", [0.01, 0.3, 1.0])
@over([row for row in PROBLEMS if not row.name.startswith("square")])
def test_hard_examples_against_the_oracle(row, fraction):
    """Always that many of each class; the same ones where posteriors are not equal to rounding."""
    kept, counts = hard(row, fraction), np.bincount(row.labels, minlength=row.num_classes)
    wanted = np.where(counts > 0, np.maximum(1, np.floor(fraction * counts + 0.5)), 0)
    np.testing.assert_array_equal(np.bincount(row.labels[kept], minlength=len(counts)), wanted)
    if clear_cut(row, fraction):
        options = {"num_classes": row.num_classes, "fraction": fraction}
        known = oracle.hard_examples(row.features, row.labels, **options)
        np.testing.assert_array_equal(kept, known)


def test_most_rows_of_the_table_are_clear_cut():
    assert sum(clear_cut(row, 0.3) for row in PROBLEMS) > 15


def test_hard_examples_by_hand():
    """Two classes on a line: the hard ones are those nearest to the other class."""
    x = jnp.array([0.0, 1, 2, 3, 10, 9, 8, 7], jnp.float32)[:, None]
    y = jnp.array([0, 0, 0, 0, 1, 1, 1, 1], jnp.int32)
    for fraction, kept in ((0.25, [3, 7]), (0.5, [2, 3, 6, 7]), (1.0, range(8)), (0.001, [3, 7])):
        found = dk.hard_examples(x, y, num_classes=3, fraction=fraction)
        np.testing.assert_array_equal(np.flatnonzero(found), list(kept))
    same = dk.hard_examples(jnp.ones((8, 1), jnp.float32), y, num_classes=2, fraction=0.5)
    np.testing.assert_array_equal(np.flatnonzero(same), [0, 1, 4, 5])  # ties: the earlier ones


@named("tall-gapped-1", "wide-gapped-1")
def test_absent_samples_are_never_kept(row):
    x, y, _ = (a.copy() for a in row.arrays)
    there = np.arange(len(x)) % 3 > 0
    expected = np.zeros(len(x), bool)
    options = {"num_classes": 5, "fraction": 0.3}
    expected[there] = dk.hard_examples(jnp.asarray(x[there]), jnp.asarray(y[there]), **options)
    x[~there] = np.nan
    found = dk.hard_examples(jnp.asarray(x), jnp.asarray(y), where=jnp.asarray(there), **options)
    np.testing.assert_array_equal(found, expected)
    y[~there] = np.where(y[~there] > 2, -1, 7)  # of no class, though their rows count in the fit
    found = dk.hard_examples(jnp.asarray(row.features), jnp.asarray(y), **options)
    assert not np.any(np.asarray(found)[~there])


def test_a_weight_is_a_repeat_in_the_fit():
    w = np.arange(300) % 3
    found = hard(TALL, where=jnp.asarray(w, jnp.float32))
    known = oracle.hard_examples(TALL.features, TALL.labels, num_classes=5, fraction=0.3, weights=w)
    np.testing.assert_array_equal(found, known)
