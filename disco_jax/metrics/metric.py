"""What a metric is: its kernels, what they need, and how raw terms of a hub become scores.

A kernel's positional parameters name the factors it needs (`spectrum`, `features`, `labels`,
`targets`, `logits`, ...), its keyword-only ones with a default are its options; see `scoring.plan`.
A metric that has a form for labels and one for targets has one for detection too: the first on the
classes of the boxes, the second on their coordinates, each scaled over the hub, then added, as the
DISCO paper does it.

Hub-relative metrics return named raw terms; their `combine` makes scores of the terms (models,) of
all models. A form that returns its score has nothing to combine. Higher is better everywhere.
"""

import inspect
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

import disco_kernels as dk

Terms = Mapping[str, np.ndarray]


class Metric(NamedTuple):
    """A row of the table."""

    kernels: Mapping[str, Callable[..., Any]]  # "classification" and "regression" -> kernel
    scale: str  # how a factor on all features changes the score
    cost: str
    citation: str
    published: str = "the same value"  # how the paper's own value maps to ours
    combine: Callable[[Terms], np.ndarray] | None = None
    is_view: bool = False  # no score but a remap of the features for another metric
    spares: Mapping[str, str] = MappingProxyType({})  # option -> a factor it does without
    doubts: Mapping[str, tuple[float, str]] = MappingProxyType({})  # field -> its bound, a warning
    of_moments: bool = False  # computed too where only moments are kept
    package: tuple[str, str] = ("", "")  # what it imports, and the extra of ours that has it
    origin: str = ""  # the package that brings it, and its version; empty for ours

    @property
    def tasks(self) -> tuple[str, ...]:
        """What it can score."""
        return (*self.kernels, "detection") if len(self.kernels) == 2 else tuple(self.kernels)

    @property
    def missing_extra(self) -> str:
        """The extra to install before it can be computed; empty where nothing is missing."""
        package, extra = self.package
        return "" if not package or find_spec(package) else extra

    def forms(self, task: str) -> dict[str, Callable[..., Any]]:
        """The kernels that a task calls."""
        return dict(self.kernels) if task == "detection" else {task: self.kernels[task]}


def needs(kernel: Callable[..., Any]) -> tuple[str, ...]:
    """The factors that a kernel takes, in order."""
    kinds = inspect.signature(kernel).parameters.values()
    return tuple(p.name for p in kinds if p.kind is p.POSITIONAL_OR_KEYWORD)


def options(kernel: Callable[..., Any]) -> dict[str, Any]:
    """What may be chosen, with its default."""
    given = {"where", "width", "axis_name", "num_classes"}  # by the planner
    kinds = inspect.signature(kernel).parameters.values()
    return {p.name: p.default for p in kinds if p.kind is p.KEYWORD_ONLY and p.name not in given}


def called(
    kernel: Callable[..., Any], factors: Mapping[str, Any], keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of a kernel by field, given the factors it names and the keywords it takes."""
    takes = inspect.signature(kernel).parameters
    chosen = {name: value for name, value in keywords.items() if name in takes}
    found = kernel(*(factors.get(name) for name in needs(kernel)), **chosen)
    return dict(found._asdict()) if hasattr(found, "_asdict") else {"score": found}


def scaled_sum(**signs: float) -> Callable[[Terms], np.ndarray]:
    """Terms scaled to 0..1 over the hub and added with these factors."""

    def combine(terms: Terms) -> np.ndarray:
        return sum((sign * _scaled(terms[name]) for name, sign in signs.items()), np.zeros(1))

    return combine


def _scaled(values: np.ndarray) -> np.ndarray:
    """What is not finite stays so, and does not scale the others."""
    values = np.asarray(values)
    there = np.isfinite(values)
    return np.where(there, np.asarray(dk.hub_minmax(values, there)), np.nan)


def combine_forms(metric: Metric, terms: Terms) -> np.ndarray:
    """The scores of detection, from the terms of both forms."""
    classes = metric.combine(terms) if metric.combine else terms["classification"]
    both = {"classification": classes, "regression": terms["regression"]}
    return scaled_sum(classification=1, regression=1)(both)
