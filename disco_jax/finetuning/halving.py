"""Successive halving: all networks for a few epochs, the better half for more, until one is left.

Of n networks S = ceil(log2 n) halvings leave one. Halving k = 1 .. S leaves ceil(n / 2^k) and is

    after epoch  min(E, max(k, ceil(E / 2^(S - k + 1))))

of E: epochs double from one halving to the next, with one at least between two. Halvings after the
same epoch are one. Where E is a multiple of n = 2^S, that is (S + 2) E / 2 epochs in place of n E.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from .runs import Run

Name = TypeVar("Name")


class Stage(NamedTuple):
    """What was known at a halving, by network."""

    epochs: int  # that each had been trained for
    tried: dict[str, dict[float, float]]  # validation at each rate
    rates: dict[str, float]  # the one that is kept
    predicted: dict[str, float]
    dropped: tuple[str, ...] = ()
    spent: int = 0  # epochs of all networks and rates since the last halving


class Selection(NamedTuple):
    """The network that was left, and what it took to find it."""

    run: Run
    stages: tuple[Stage, ...]
    spent: int  # epochs of all networks and rates
    whole: int  # that fine-tuning all of them would have taken

    @property
    def saved(self) -> float:
        """The share of the epochs that was not needed."""
        return 1 - self.spent / self.whole

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "dataset": self.run.dataset,
            "selected": self.run.model,
            "stages": [
                {
                    "epochs": stage.epochs,
                    "rates": stage.rates,
                    "validation": _finite(validation_of(stage)),
                    "predicted": _finite(stage.predicted),
                    "dropped": list(stage.dropped),
                }
                for stage in self.stages
            ],
            "cost": {"epochs": self.spent, "epochs_of_all": self.whole, "saved": self.saved},
        }


def halvings(networks: int, epochs: int) -> dict[int, int]:
    """How many networks are left after which epoch."""
    last = (networks - 1).bit_length()
    return {
        min(epochs, max(k, -(-epochs // 2 ** (last - k + 1)))): -(-networks // 2**k)
        for k in range(1, last + 1)
    }


def planned_epochs(networks: int, epochs: int, rates: int) -> int:
    """How many there are in all, the rates being tried up to the first halving."""
    total, since, inside = 0, 0, networks
    for until, left in [*halvings(networks, epochs).items(), (epochs, 0)]:
        total += inside * (until - since) * (1 if since else rates)
        since, inside = until, left
    return total


def validation_of(stage: Stage) -> dict[str, float]:
    """At the rate that is kept."""
    return {name: tried[stage.rates[name]] for name, tried in stage.tried.items()}


def best(values: Mapping[Name, float], many: int) -> list[Name]:
    """Those with the largest values, the earlier of two alike, in their order; NaN is least."""

    def order(name: Name) -> float:
        return -math.inf if math.isnan(values[name]) else values[name]

    chosen = sorted(values, key=order, reverse=True)[:many]
    return [name for name in values if name in chosen]


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
