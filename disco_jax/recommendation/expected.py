"""What is expected of each model on a new task, and within which bounds.

    accuracy of model m on task t = a_t + e_m + what is special about the two

A new task brings an a_t of its own and something special with each model. With T tasks and n_m of
them for model m, variances s_a^2 of the a_t and s^2 of what is special, the accuracy lies within

    expected ± t_{T-1} sqrt(s_a^2 (1 + 1/T) + s^2 (1 + 1/n_m))

in nine of ten cases, with Student's t. One task says nothing about the next: there are no bounds.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from disco_jax.history import History, effects

COVERED = 0.9


class Expected(NamedTuple):
    """Models, the best first."""

    accuracy: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    looked: tuple[str, ...]  # models that the method has looked at on the new task
    why: dict[str, dict[str, Any]]  # as `explained`; empty where nobody asked

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "ranking": list(self.accuracy),
            "expected": self.accuracy,
            "intervals": {model: list(both) for model, both in self.intervals.items()},
            "looked": list(self.looked),
            **({"why": self.why} if self.why else {}),
        }


def expected(
    history: History,
    accuracy: Mapping[str, float],
    looked: tuple[str, ...],
    why: dict[str, dict[str, Any]],
) -> Expected:
    """With the bounds that the history gives, within what an accuracy can be."""
    half = half_widths(history)
    ranked = sorted(accuracy, key=lambda model: -accuracy[model])
    values = np.array([accuracy[model] for model in ranked])
    of_model = dict(zip(ranked, values.tolist(), strict=True))
    if not half:
        return Expected(of_model, {}, looked, why)
    ends = bounded(history, values, np.array([half[model] for model in ranked]))
    return Expected(of_model, dict(zip(ranked, ends, strict=True)), looked, why)


def bounded(history: History, values: np.ndarray, half: Any) -> list[tuple[float, float]]:
    """Intervals within what an accuracy can be; below zero only where the history is (R^2)."""
    least = 0.0 if np.nanmin(history.values) >= 0 else -np.inf
    low, high = np.maximum(values - half, least), np.minimum(values + half, history.whole)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def half_widths(history: History) -> dict[str, float]:
    """Per model half the width of its interval; none with one task."""
    level, effect = effects(history.values)
    special = history.values - level - effect[:, None]
    tried = (~np.isnan(special)).sum(1)
    free = max(int(tried.sum()) - len(history.tasks) - len(history.models) + 1, 1)
    half = half_width(level, np.nansum(special**2) / free * (1 + 1 / tried))
    return {} if half is None else dict(zip(history.models, half.tolist(), strict=True))


def half_width(level: np.ndarray, special: Any) -> Any:
    """Half the interval, given the a_t (t,) and the variance of what is special; None with one."""
    from scipy.stats import t as student

    tasks = len(level)
    if tasks < 2:
        return None
    of_task = level.var(ddof=1) * (1 + 1 / tasks)
    return student.ppf((1 + COVERED) / 2, tasks - 1) * np.sqrt(of_task + special)
