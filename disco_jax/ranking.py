"""How well scores rank the models of a hub, and how sure a ranking is.

Judged by true accuracies
-------------------------

Symbols: x_i the score and y_i the true accuracy of model i of n, both higher is better.

    c_i = sum_j sgn(x_i - x_j) sgn(y_i - y_j),  a_i = #{j: x_j != x_i},  b_i = #{j: y_j != y_i}
    weighted tau   sum_i w_i c_i / sqrt(sum_i w_i a_i  sum_i w_i b_i),  w_i = 1/(1 + r_i)
    Kendall tau-b  the same with w_i = 1;  Spearman: Pearson of average ranks

with r_i = 0, 1, ... the place of model i in decreasing (x, then y); `weighted_tau` is the mean with
the same ranked by (y, then x), which is `scipy.stats.weightedtau(x, y)` with its defaults: the sum
over pairs of (w_i + w_j) sgn sgn is the sum over i of w_i c_i. Models equal in x and y may take
either place, they have the same c, a and b.

What was lost by the choice (k the number of models tried, y* the best accuracy):

    regret    y* - y of the top-scored model, in the unit of the accuracies
    rel@k     best y among the k top-scored models / y*
    recall@k  1 if the top-scored model is among the truly best k (fewer than k models are better).
              This is the literature's helper; "the best model is among the k top-scored" is also in
              use under this name.

Equal scores are equal: the three are *expected* values over all orders of the tied models, so that
no result depends on the order in which models are listed.

Undefined is None, never 0: every measure for n < 2, a correlation where x or y has no spread,
Pearson where a score is infinite, rel@k and recall@k for k > n, rel@k where y* <= 0. A NaN score is
refused: SciPy would rank it last. Cost: O(n^2) time and bytes.

Judged by resampled scores
--------------------------
From scores (n, B) of B resamples that are the same for every model (paired): the percentile
interval of each score; the probability that the first is really ahead of the second, which is the
share of resamples where it is (equal scores count half); and ties. Two models are *tied* where the
percentile interval of their paired difference includes 0. That is no equivalence, so groups are
made from the top: the best model not yet in a group leads a new one and takes in the models after
it, down to the first that is not tied with the leader.
The intervals tell how much a score owes to the samples at hand, not how well it predicts accuracy.

References: Vigna, WWW 2015 (weighted tau); Kendall, Biometrika 1945 (tau-b); Efron and Tibshirani,
An Introduction to the Bootstrap, 1993, chapter 13 (percentile intervals).
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Agreement = dict[str, float | None]
Vector = NDArray[np.float64]


def _vectors(scores: ArrayLike, accuracies: ArrayLike) -> tuple[Vector, Vector]:
    x, y = np.asarray(scores, np.float64), np.asarray(accuracies, np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(
            f"scores {x.shape} and accuracies {y.shape} must be two lists of the same length, "
            "one entry per model"
        )
    if np.isnan(x).any():
        raise ValueError(
            f"scores[{int(np.isnan(x).argmax())}] is NaN and cannot be ranked; "
            "leave the model out or score it again"
        )
    if not np.isfinite(y).all():
        first = int((~np.isfinite(y)).argmax())
        raise ValueError(f"accuracies[{first}] is {y[first]}; give a finite number")
    return x, y


def _no_spread(x: Vector, y: Vector) -> bool:
    return len(x) < 2 or bool((x == x[0]).all() or (y == y[0]).all())


def _pairs(x: Vector, y: Vector) -> tuple[NDArray[np.int64], ...]:
    """The sums c, a and b over the pairs of each model (no differences: scores may be infinite)."""
    above, better = (
        np.subtract(v[:, None] > v[None], v[:, None] < v[None], dtype=np.int8) for v in (x, y)
    )
    return (
        (above * better).sum(axis=1, dtype=np.int64),
        np.count_nonzero(above, axis=1),
        np.count_nonzero(better, axis=1),
    )


def _tau(weights: Vector, c: NDArray, a: NDArray, b: NDArray) -> float:
    value = float(weights @ c) / math.sqrt(float(weights @ a) * float(weights @ b))
    return min(1.0, max(-1.0, value))


def _hyperbolic(first: Vector, then: Vector) -> Vector:
    """1/(1 + r), r the place in decreasing (first, then)."""
    places = np.empty(len(first))
    places[np.lexsort((then, first))[::-1]] = np.arange(len(first))
    return 1 / (1 + places)


def weighted_tau(
    scores: ArrayLike,
    accuracies: ArrayLike,
    *,
    ranked_by: Literal["both", "scores", "accuracies"] = "both",
) -> float | None:
    """Weighted Kendall tau, as the literature computes it.

    Args:
        scores: One score per model, higher is better; may be infinite, not NaN.
        accuracies: The true accuracies, in the same order.
        ranked_by: Whose ranks weigh a pair. "both" is the mean of the two and SciPy's default;
            some papers use one of them, which gives other values.
    """
    x, y = _vectors(scores, accuracies)
    if ranked_by not in ("both", "scores", "accuracies"):
        raise ValueError(f"ranked_by={ranked_by!r}: use 'both', 'scores' or 'accuracies'")
    if _no_spread(x, y):
        return None
    pairs = _pairs(x, y)
    orders = {"scores": (x, y), "accuracies": (y, x)}
    chosen = orders.values() if ranked_by == "both" else [orders[ranked_by]]
    return fmean(_tau(_hyperbolic(*order), *pairs) for order in chosen)


def kendall(scores: ArrayLike, accuracies: ArrayLike) -> float | None:
    """Kendall's tau-b."""
    x, y = _vectors(scores, accuracies)
    return None if _no_spread(x, y) else _tau(np.ones(len(x)), *_pairs(x, y))


def pearson(scores: ArrayLike, accuracies: ArrayLike) -> float | None:
    """Pearson's correlation, scaled so that no size of score over- or underflows."""
    x, y = _vectors(scores, accuracies)
    if _no_spread(x, y) or np.isinf(x).any():
        return None
    x, y = (v / np.abs(v).max() for v in (x, y))
    x, y = (v - v.mean() for v in (x, y))
    x, y = (v / np.abs(v).max() for v in (x, y))
    x, y = (v - v.mean() for v in (x, y))  # once more: the first mean was rounded
    value = float(x @ y) / math.sqrt(float(x @ x) * float(y @ y))
    return min(1.0, max(-1.0, value))


def spearman(scores: ArrayLike, accuracies: ArrayLike) -> float | None:
    """Spearman's rank correlation, equal values at their average rank."""
    x, y = (_average_ranks(v) for v in _vectors(scores, accuracies))
    return pearson(x, y)


def _average_ranks(v: Vector) -> Vector:
    _, inverse, counts = np.unique(v, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def regret(scores: ArrayLike, accuracies: ArrayLike) -> float | None:
    """Accuracy lost by taking the top-scored model (expected, where several are top)."""
    x, y = _vectors(scores, accuracies)
    # As a mean of differences, which is exactly 0 where nothing was lost.
    return None if len(x) < 2 else fmean((y.max() - y[x == x.max()]).tolist())


def rel_at(scores: ArrayLike, accuracies: ArrayLike, *, k: int) -> float | None:
    """Best accuracy among the k top-scored models over the best there is (expected over ties)."""
    x, y = _vectors(scores, accuracies)
    if _too_few(len(x), k) or y.max() <= 0:
        return None
    cut = np.sort(x)[-k]
    sure, tied = y[x > cut], np.sort(y[x == cut]).tolist()
    least, drawn = sure.max(initial=-math.inf), k - len(sure)
    # The best of `drawn` out of the tied is the j-th smallest in C(j, drawn - 1) of the draws.
    draws = math.comb(len(tied), drawn)
    best = math.fsum(
        max(least, value) * (math.comb(j, drawn - 1) / draws) for j, value in enumerate(tied)
    )
    return float(best / y.max())


def recall_at(scores: ArrayLike, accuracies: ArrayLike, *, k: int) -> float | None:
    """Whether the top-scored model is among the truly best k (a share, where several are top)."""
    x, y = _vectors(scores, accuracies)
    if _too_few(len(x), k):
        return None
    return fmean(float(np.count_nonzero(y > own) < k) for own in y[x == x.max()])


def _too_few(models: int, k: int) -> bool:
    if k < 1:
        raise ValueError(f"k={k}: give the number of models to look at, 1 or more")
    return models < max(k, 2)


def agreement(scores: ArrayLike, accuracies: ArrayLike) -> Agreement:
    """Every measure of this module for one dataset; None where it is undefined."""
    return {
        "tau_w": weighted_tau(scores, accuracies),
        "kendall": kendall(scores, accuracies),
        "spearman": spearman(scores, accuracies),
        "pearson": pearson(scores, accuracies),
        "regret": regret(scores, accuracies),
        "rel_at_1": rel_at(scores, accuracies, k=1),
        "rel_at_3": rel_at(scores, accuracies, k=3),
        "recall_at_1": recall_at(scores, accuracies, k=1),
        "recall_at_3": recall_at(scores, accuracies, k=3),
    }


def best_first(scores: Mapping[str, float]) -> list[str]:
    """The models from best to worst; equal scores by name, whatever the order they came in."""
    for model, value in scores.items():
        if math.isnan(value):
            raise ValueError(f"the score of model {model!r} is NaN and cannot be ranked")
    return sorted(scores, key=lambda model: (-scores[model], model))


class Certainty(NamedTuple):
    """What resampling says about a ranking."""

    intervals: dict[str, tuple[float, float]]  # per model, in the order given
    first_ahead: float | None  # probability that the first is ahead of the second; None for n = 1
    ties: list[list[str]]  # groups of two and more models named as ties, best first


def certainty(
    scores: Mapping[str, float], resampled: ArrayLike, *, level: float = 0.95
) -> Certainty:
    """Intervals, the probability that the first is ahead, and ties.

    Args:
        scores: The scores on all samples; they decide who is first.
        resampled: (models, resamples), rows in the order of `scores`; column b is the same
            resample for every model.
        level: Coverage of the intervals, also of those that decide ties.
    """
    values = _resampled(resampled, list(scores))
    rows = dict(zip(scores, values, strict=True))
    order = best_first(scores)
    return Certainty(
        intervals={model: interval(row, level=level) for model, row in rows.items()},
        first_ahead=ahead(rows[order[0]], rows[order[1]]) if len(order) > 1 else None,
        ties=[group for group in _groups(order, rows, level) if len(group) > 1],
    )


def _resampled(resampled: ArrayLike, models: Sequence[str]) -> Vector:
    values = np.asarray(resampled, np.float64)
    if values.ndim != 2 or len(values) != len(models) or not values.size:
        raise ValueError(
            f"resampled scores have shape {values.shape}; give (models, resamples) with "
            f"{len(models)} models and at least one resample"
        )
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise ValueError(
            f"the score of model {models[row]!r} on resample {column} is {values[row, column]}; "
            "leave the model out or use a metric that is defined on every resample"
        )
    return values


def interval(values: ArrayLike, *, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval, linear between the two nearest values."""
    if not 0 < level < 1:
        raise ValueError(f"level={level}: give a coverage between 0 and 1, such as 0.95")
    low, high = np.quantile(np.asarray(values, np.float64), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def ahead(first: ArrayLike, second: ArrayLike) -> float:
    """Share of the resamples where the first scores higher than the second, equal ones half."""
    x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
    return float(np.mean((x > y) + 0.5 * (x == y)))


def _groups(order: list[str], rows: Mapping[str, Vector], level: float) -> list[list[str]]:
    groups: list[list[str]] = []
    for model in order:
        if groups:
            low, high = interval(rows[groups[-1][0]] - rows[model], level=level)
            if low <= 0 <= high:
                groups[-1].append(model)
                continue
        groups.append([model])
    return groups


def tau_interval(
    resampled: Mapping[str, ArrayLike],
    accuracies: Mapping[str, ArrayLike],
    *,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """Percentile interval of the mean weighted tau over datasets.

    Args:
        resampled: `{dataset: (models, resamples)}`, the same number of resamples on each dataset.
        accuracies: `{dataset: (models,)}`.
        level: Coverage.

    Returns:
        The interval, or None where no dataset and resample has a weighted tau. A dataset without
        one on some resample is left out of that resample's mean.
    """
    if odd := sorted(resampled.keys() - accuracies.keys()):
        raise ValueError(f"dataset {odd[0]!r} has resampled scores but no accuracies")
    taus = [
        [weighted_tau(column, accuracies[dataset]) for column in np.asarray(values).T]
        for dataset, values in resampled.items()
    ]
    if len({len(row) for row in taus}) > 1:
        raise ValueError(
            f"datasets have different numbers of resamples, {[len(row) for row in taus]}; "
            "draw as many on each"
        )
    defined = ([tau for tau in column if tau is not None] for column in zip(*taus, strict=True))
    means = [fmean(column) for column in defined if column]
    return interval(means, level=level) if means else None
