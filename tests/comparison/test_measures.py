"""Rank statistics against SciPy and brute force, and summaries of resampled scores."""

import json
import math
import warnings
from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from disco_jax.comparison.measures import (
    agreement,
    kendall,
    pearson,
    recall_at,
    regret,
    rel_at,
    spearman,
    weighted_tau,
)
from disco_jax.results.certainty import ahead, certainty, interval
from disco_jax.results.order import best_first

from ..fresh import LOADED, fresh

MEASURES = ["tau_w", "kendall", "spearman", "pearson", "regret"]
MEASURES += ["rel_at_1", "rel_at_3", "recall_at_1", "recall_at_3"]
CORRELATIONS = {
    "tau_w": (weighted_tau, stats.weightedtau),
    "kendall": (kendall, stats.kendalltau),
    "spearman": (spearman, stats.spearmanr),
    "pearson": (pearson, stats.pearsonr),
}

# Sums of at most 40 terms of size one: a few units of rounding each.
CLOSE = {"rtol": 1e-13, "atol": 1e-13}


def vectors(low=-4, high=4, least=2, most=12):
    """Pairs of vectors of small whole numbers: full of ties, exact in floating point."""
    value = st.integers(low, high).map(float)
    return st.integers(least, most).flatmap(
        lambda n: st.tuples(*(st.lists(value, min_size=n, max_size=n) for _ in range(2)))
    )


def scipys(function, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constant input: SciPy warns and answers nan
        value = float(function(x, y)[0])
    return None if math.isnan(value) else value


# Correlations


@pytest.mark.parametrize("name", CORRELATIONS)
@given(pair=vectors())
@settings(deadline=None)
def test_correlations_are_scipys_with_ties(name, pair):
    ours, theirs = CORRELATIONS[name]
    expected = scipys(theirs, *pair)
    assert ours(*pair) == (None if expected is None else pytest.approx(expected, abs=1e-13))


@pytest.mark.parametrize("name", CORRELATIONS)
@pytest.mark.parametrize("n", [2, 3, 11, 40])
@pytest.mark.parametrize("tied", [False, True], ids=["distinct", "ties"])
def test_correlations_are_scipys_on_random_vectors(name, n, tied):
    ours, theirs = CORRELATIONS[name]
    generator = np.random.default_rng(n)
    for _ in range(20):
        x, y = generator.normal(size=(2, n))
        x, y = (np.round(x), np.round(y)) if tied else (x, y)
        expected = scipys(theirs, x, y)
        assert ours(x, y) == (None if expected is None else pytest.approx(expected, abs=1e-13))


@given(pair=vectors())
@settings(deadline=None)
def test_one_sided_weights_are_scipys(pair):
    x, y = pair
    if weighted_tau(x, y) is not None:
        by_x = scipys(lambda a, b: stats.weightedtau(a, b, rank=None), x, y)
        by_y = scipys(lambda a, b: stats.weightedtau(a, b, rank=None), y, x)
        assert weighted_tau(x, y, ranked_by="scores") == pytest.approx(by_x, abs=1e-12)
        assert weighted_tau(x, y, ranked_by="accuracies") == pytest.approx(by_y, abs=1e-12)


def test_weighted_tau_by_hand():
    # Scores 3 2 1 against 3 1 2: pairs (0,1) +, (0,2) +, (1,2) -. By x the weights of the pairs are
    # 1 + 1/2, 1 + 1/3, 1/2 + 1/3: (9 + 8 - 5)/(9 + 8 + 5) = 6/11; by y models 1 and 2 change
    # places, and the same comes out.
    assert weighted_tau([3, 2, 1], [3, 1, 2]) == pytest.approx(6 / 11, rel=1e-15)


@pytest.mark.parametrize("name", CORRELATIONS)
def test_correlations_are_undefined_without_spread(name):
    ours, _ = CORRELATIONS[name]
    assert ours([], []) is None
    assert ours([1.0], [2.0]) is None
    assert ours([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) is None
    assert ours([1.0, 2.0, 3.0], [0.1, 0.1, 0.1]) is None
    assert ours([0.0, -0.0], [1.0, 2.0]) is None
    assert ours([1.0, 2.0], [1.0, 2.0]) == 1.0
    assert ours([1.0, 2.0], [2.0, 1.0]) == -1.0


@pytest.mark.parametrize("name", CORRELATIONS)
@given(pair=vectors(), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_correlations_do_not_depend_on_the_order_of_models(name, pair, seed):
    ours, _ = CORRELATIONS[name]
    x, y = map(np.asarray, pair)
    shuffled = np.random.default_rng(seed).permutation(len(x))
    value = ours(x, y)
    same = None if value is None else pytest.approx(value, abs=1e-13)
    assert ours(x[shuffled], y[shuffled]) == same
    assert ours(y, x) == same
    assert value is None or -1 <= value <= 1


def test_infinite_scores_are_ranked_but_have_no_pearson():
    x, y = [-math.inf, 1.0, math.inf, math.inf], [1.0, 2.0, 3.0, 4.0]
    finite = [-9.0, 1.0, 9.0, 9.0]
    for measure in (weighted_tau, kendall, spearman, regret):
        assert measure(x, y) == measure(finite, y)
    assert pearson(x, y) is None


@given(
    x=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=6),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_pearson_of_any_floats_is_the_exact_one(x, seed):
    y = np.random.default_rng(seed).integers(0, 9, len(x)).astype(float)
    value = pearson(x, y)
    exact = [[Fraction(v) for v in vector] for vector in (x, y.tolist())]
    a, b = ([v - sum(vector) / len(x) for v in vector] for vector in exact)
    square = sum(v * v for v in a) * sum(v * v for v in b)
    if square == 0:
        assert value is None
    else:
        covariance = sum(v * w for v, w in zip(a, b, strict=True))
        expected = math.sqrt(covariance * covariance / square) * (1 if covariance > 0 else -1)
        # The mean of nearly equal numbers is rounded at their size: at most one unit in the last
        # place of a deviation, two passes of it here.
        assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("measure", [weighted_tau, kendall, spearman, pearson, regret, agreement])
def test_unusable_values_are_refused(measure):
    with pytest.raises(ValueError, match=r"scores\[2\] is NaN"):
        measure([1.0, 2.0, math.nan, math.nan], [1.0, 2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match=r"scores\[1\] is NaN"):
        measure([1.0, None], [1.0, 2.0])
    with pytest.raises(ValueError, match=r"accuracies\[0\] is inf"):
        measure([1.0, 2.0], [math.inf, 2.0])
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\).*same length"):
        measure([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="same length"):
        measure([[1.0, 2.0]], [[1.0, 2.0]])


def test_unknown_ranking_is_refused():
    with pytest.raises(ValueError, match="'both', 'scores' or 'accuracies'"):
        weighted_tau([1, 2], [1, 2], ranked_by="labels")


# What the choice lost


def by_brute_force(x, y, k):
    """Means over all orders of the models that respect the scores: regret, rel@k, recall@k."""
    n, rows = len(x), []
    for order in permutations(range(n)):
        if any(x[a] < x[b] for a, b in pairwise(order)):
            continue
        better = sum(v > y[order[0]] for v in y)
        best = max(y[i] for i in order[:k])
        rows.append((max(y) - y[order[0]], best / max(y), float(better < k)))
    return np.mean(rows, axis=0)


@given(pair=vectors(low=1, high=4, most=5), k=st.integers(1, 3))
@settings(deadline=None)
def test_losses_are_the_expectation_over_tied_orders(pair, k):
    x, y = pair
    if k > len(x):
        assert rel_at(x, y, k=k) is recall_at(x, y, k=k) is None
    else:
        found = [regret(x, y), rel_at(x, y, k=k), recall_at(x, y, k=k)]
        assert_allclose(found, by_brute_force(x, y, k), **CLOSE)


def test_losses_by_hand():
    scores, accuracies = [9.0, 8.0, 7.0, 1.0], [80.0, 70.0, 90.0, 100.0]
    assert regret(scores, accuracies) == 20.0
    assert rel_at(scores, accuracies, k=1) == 0.8
    assert rel_at(scores, accuracies, k=3) == 0.9
    assert rel_at(scores, accuracies, k=4) == 1.0
    assert [recall_at(scores, accuracies, k=k) for k in (1, 2, 3, 4)] == [0, 0, 1, 1]


def test_models_tied_in_accuracy_are_equally_good():
    assert recall_at([3, 2, 1], [90.0, 90.0, 80.0], k=1) == 1.0
    assert recall_at([1, 2, 3], [90.0, 90.0, 80.0], k=2) == 0.0  # two are better, not k - 1


def test_losses_where_undefined():
    assert regret([1.0], [1.0]) is None
    assert rel_at([1.0], [1.0], k=1) is None
    assert rel_at([1.0, 2.0], [-1.0, 0.0], k=1) is None
    assert recall_at([1.0, 2.0], [-1.0, 0.0], k=1) == 1.0
    assert rel_at([1.0, 2.0], [1.0, 2.0], k=3) is recall_at([1.0, 2.0], [1.0, 2.0], k=3) is None
    with pytest.raises(ValueError, match="k=0"):
        rel_at([1.0, 2.0], [1.0, 2.0], k=0)


def test_rel_of_a_large_tie_stays_finite():
    n = 2000
    expected = (n + 1) / 4 * 3 / n  # the mean of the largest of three out of 1, ..., n
    assert rel_at(np.zeros(n), np.arange(1, n + 1), k=3) == pytest.approx(expected, rel=1e-12)


# All of them


def test_agreement_holds_every_measure_as_json():
    scores, accuracies = np.float32([3, 1, 2]), np.array([3, 2, 1])
    found = agreement(scores, accuracies)
    assert list(found) == MEASURES
    assert found["rel_at_3"] == rel_at(scores, accuracies, k=3)
    assert found["recall_at_1"] == recall_at(scores, accuracies, k=1)
    assert json.loads(json.dumps(found)) == found
    assert set(agreement([], []).values()) == {None}


# Resampled scores


def test_order_is_by_score_then_name():
    assert best_first({"c": 1.0, "b": 2.0, "a": 1.0}) == ["b", "a", "c"]
    with pytest.raises(ValueError, match="'b' is NaN"):
        best_first({"a": 1.0, "b": math.nan})


def test_interval_and_share_ahead_by_hand():
    values = np.arange(101.0)
    assert interval(values, level=0.9) == pytest.approx((5.0, 95.0))
    assert ahead([1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 9.0, 1.0]) == 0.625
    with pytest.raises(ValueError, match="level=95"):
        interval(values, level=95)


@given(pair=vectors(least=1))
@settings(deadline=None, max_examples=50)
def test_share_ahead_is_shared_out(pair):
    first, second = pair
    assert ahead(first, second) + ahead(second, first) == pytest.approx(1)
    assert ahead(first, first) == 0.5


def test_ties_are_groups_led_by_their_best():
    noise = np.random.default_rng(0).normal(size=(4, 2000))
    # Steps of 3 deviations apart, a difference has sqrt(2): neighbours are tied at 99 %, not at
    # 90 %; two steps apart nobody is.
    means = np.array([9.0, 0.0, 6.0, 3.0])
    scores = dict(zip("adbc", means.tolist(), strict=True))
    resampled = means[:, None] + noise
    wide, narrow = (certainty(scores, resampled, level=level) for level in (0.99, 0.9))
    assert wide.ties == [["a", "b"], ["c", "d"]]  # b and c are tied too: a leads, c is too far off
    assert narrow.ties == []
    assert list(wide.intervals) == list("adbc")
    assert wide.intervals["d"] == interval(resampled[1], level=0.99)
    assert wide.first_ahead == ahead(resampled[0], resampled[2])


def test_ties_are_paired():
    # Two models that move together are told apart although their intervals overlap.
    together = np.random.default_rng(0).normal(size=500)
    found = certainty({"a": 0.1, "b": 0.0}, [together + 0.1, together])
    assert found.ties == []
    assert found.first_ahead == found.stays_first == 1.0
    assert found.intervals["a"][0] < found.intervals["b"][1]


def test_equal_models_are_ties():
    same = np.ones((2, 5))
    found = certainty({"a": 1.0, "b": 1.0}, same)
    assert (found.ties, found.first_ahead) == ([["a", "b"]], 0.5)
    assert certainty({"a": 1.0}, same[:1]) == ({"a": (1.0, 1.0)}, None, None, [])


@pytest.mark.parametrize(
    ("resampled", "message"),
    [
        (np.ones((3, 5)), r"\(3, 5\); give \(models, resamples\) with 2 models"),
        (np.ones(2), r"\(2,\)"),
        (np.ones((2, 0)), "at least one resample"),
        ([[1.0, 1.0], [1.0, math.nan]], "model 'b' on resample 1 is nan"),
        ([[1.0, -math.inf], [1.0, 1.0]], "model 'a' on resample 1 is -inf"),
    ],
)
def test_unusable_resamples_are_refused(resampled, message):
    with pytest.raises(ValueError, match=message):
        certainty({"a": 1.0, "b": 2.0}, resampled)


def test_import_is_light():
    code = "import disco_jax.comparison, disco_jax.results;" + LOADED
    assert fresh(code, "disco_jax.comparison", "jax", "scipy", "disco_jax.features") == [
        "disco_jax.comparison"
    ]
