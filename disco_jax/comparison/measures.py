"""How well scores rank the models of a hub, judged by true accuracies.

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

References: Vigna, WWW 2015 (weighted tau); Kendall, Biometrika 1945 (tau-b).
"""

import math
from statistics import fmean
from typing import Literal

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


def regret(scores: ArrayLike, accuracies: ArrayLike, *, k: int = 1) -> float | None:
    """Accuracy lost by taking the best of the k top-scored models (expected, where models tie)."""
    x, y = _vectors(scores, accuracies)
    # The best of differences, which is exactly 0 where nothing was lost.
    return None if _too_few(len(x), k) else 0.0 - _best_of_top(x, y - y.max(), k)


def rel_at(scores: ArrayLike, accuracies: ArrayLike, *, k: int) -> float | None:
    """Best accuracy among the k top-scored models over the best there is (expected over ties)."""
    x, y = _vectors(scores, accuracies)
    if _too_few(len(x), k) or y.max() <= 0:
        return None
    return _best_of_top(x, y, k) / float(y.max())


def _best_of_top(x: Vector, y: Vector, k: int) -> float:
    """The largest y among the k largest x, expected where x has ties."""
    cut = np.sort(x)[-k]
    sure, tied = y[x > cut], np.sort(y[x == cut]).tolist()
    least, drawn = sure.max(initial=-math.inf), k - len(sure)
    # The best of `drawn` out of the tied is the j-th smallest in C(j, drawn - 1) of the draws.
    draws = math.comb(len(tied), drawn)
    return math.fsum(
        max(least, value) * (math.comb(j, drawn - 1) / draws) for j, value in enumerate(tied)
    )


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
