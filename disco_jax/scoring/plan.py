"""What a run computes: its metrics, and what each of them reads.

A metric's kernel names the factors it needs by its positional parameters. What a metric reads with
the options it has is found out once, when the plan is made, and kept in it.
"""

import sys
from collections.abc import Iterable
from typing import Literal, NamedTuple

import disco_kernels as dk
from disco_jax.features import TASKS
from disco_jax.metrics import Spec, metric_of, needs, options

ALL = sys.maxsize  # components


class Wanted(NamedTuple):
    """A metric, and what it reads."""

    spec: Spec
    factors: tuple[str, ...]
    components: int  # of the spectrum: 0 for none, `ALL`
    origin: str  # whose kernel it is, so that another by its name is compiled anew


class Plan(NamedTuple):
    """What one run of the program computes; static, and the key of its compilation."""

    wanted: tuple[Wanted, ...]
    task: str
    num_classes: int
    method: str = "auto"  # of the spectrum

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The metrics."""
        return tuple(each.spec for each in self.wanted)

    @property
    def components(self) -> int:
        """How many components of the spectrum the most demanding metric needs."""
        return max(each.components for each in self.wanted)

    @property
    def inputs(self) -> frozenset[str]:
        """The fields of a feature set that are read."""
        read = {name for each in self.wanted for name in each.factors}
        if self.task == "detection":  # boxes are the targets
            read -= {"targets"}
        return frozenset(read - {"spectrum", "moments"} | {"features", *TASKS[self.task]})

    def only(self, view: Literal["ped", "pca"], value: float) -> "Plan":
        """The plan of the metrics on one view, of which 0 is the features themselves."""
        own = (each for each in self.wanted if (getattr(each.spec, view) or 0) == value)
        return self._replace(wanted=tuple(own))


def plan_of(specs: Iterable[Spec], task: str, num_classes: int, method: str = "auto") -> Plan:
    """The plan of some metrics."""
    return Plan(tuple(_wanted(spec, task) for spec in specs), task, num_classes, method)


def _wanted(spec: Spec, task: str) -> Wanted:
    metric = metric_of(spec.name)
    forms = metric.forms(task).values()
    spared = {metric.spares.get(f"{key}={value}") for key, value in spec.options}
    read = {name for form in forms for name in needs(form)} - spared
    if spec.ped:
        read |= set(needs(dk.ped))
    chosen = [{**options(form), **dict(spec.options)} for form in forms]
    most = max(each.get("components", ALL) for each in chosen) if "spectrum" in read else 0
    return Wanted(spec, tuple(sorted(read)), spec.pca or most, metric.origin)
