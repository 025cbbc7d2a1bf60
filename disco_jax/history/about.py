"""What a history is like: how large, how full, how static, and who is whose twin."""

from statistics import fmean
from typing import Any, NamedTuple

from disco_jax.comparison import weighted_tau

from .effects import static
from .table import History
from .twins import twins


class About(NamedTuple):
    """A history in a few numbers."""

    models: int
    tasks: int
    missing: int
    static: dict[str, float]  # task -> tau_w of the order that all other tasks give
    twins: list[tuple[str, str]]

    @property
    def static_tau_w(self) -> float | None:
        """The mean over tasks; None with one task."""
        return fmean(self.static.values()) if self.static else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "models": self.models,
            "tasks": self.tasks,
            "missing": self.missing,
            "static_tau_w": self.static_tau_w,
            "static": self.static,
            "twins": [list(pair) for pair in self.twins],
        }


def about(history: History) -> About:
    """Look at a history."""
    found = {}
    for task in history.tasks:
        promised, truth = static(history, task), history.on(task)
        both = [model for model in truth if model in promised]
        tau = weighted_tau([promised[m] for m in both], [truth[m] for m in both])
        if tau is not None:
            found[task] = tau
    sizes = len(history.models), len(history.tasks)
    return About(*sizes, history.missing, found, twins(history))
