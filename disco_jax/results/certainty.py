"""How sure a ranking is, from the scores of resamples.

From scores (n, B) of B resamples that are the same for every model (paired): the percentile
interval of each score; the probability that the first is really ahead of the second, which is the
share of resamples where it is (equal scores count half); and ties. Two models are *tied* where the
percentile interval of their paired difference includes 0. That is no equivalence, so groups are
made from the top: the best model not yet in a group leads a new one and takes in the models after
it, down to the first that is not tied with the leader.
The intervals tell how much a score owes to the samples at hand, not how well it predicts accuracy.

Reference: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile
intervals).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .order import best_first

Vector = NDArray[np.float64]


class Certainty(NamedTuple):
    """What resampling says about a ranking."""

    intervals: dict[str, tuple[float, float]]  # per model, in the order given
    first_ahead: float | None  # probability that the first is ahead of the second; None for n = 1
    stays_first: float | None  # share of the resamples where it is ahead of all; the same
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
        stays_first=_best(rows, order) if len(order) > 1 else None,
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


def _best(rows: Mapping[str, Vector], order: list[str]) -> float:
    """Share of the resamples where the first has the highest score; k equal ones count 1 / k."""
    values = np.stack([rows[model] for model in order])
    highest = values == values.max(0)
    return float(np.mean(highest[0] / highest.sum(0)))


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
