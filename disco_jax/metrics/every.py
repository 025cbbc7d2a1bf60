"""Every metric there is: ours, those of installed packages, those registered in this process.

A package brings a metric by an entry point in the group `disco_jax.metrics`, whose name is that of
the metric and whose object is its row, a `Metric`. Those of packages are loaded only where a name
is asked for that is none of ours, or all are.
"""

import inspect
import re
import secrets
from typing import Any

from disco_jax.entry_points import brought, collision
from disco_jax.errors import InputError

from .metric import Metric, needs, options
from .table import METRICS

GROUP = "disco_jax.metrics"
ROWWISE = {"features", "labels", "targets", "logits"}
FACTORS = ROWWISE | {"moments", "spectrum", "source_features", "source_labels"}
FORMS = {"classification", "regression"}

_registered: dict[str, Metric] = {}


def every_metric() -> dict[str, Metric]:
    """The whole table, ours first.

    Raises:
        InputError: A package brings a metric by a name of ours, or two packages by one name.
    """
    installed = brought(GROUP, accepted)
    for name in sorted(installed.keys() & METRICS.keys()):
        raise collision(installed[name].package, GROUP, name)
    rows = {name: row._replace(origin=package) for name, (package, row) in installed.items()}
    return {**METRICS, **rows, **_registered}


def metric_of(name: str) -> Metric:
    """The row of a name; a KeyError where there is none."""
    return METRICS[name] if name in METRICS else every_metric()[name]


def register_metric(name: str, metric: Metric) -> None:
    """Add a metric for as long as this process runs, as in a notebook.

    A name that was registered before gets the new row.

    Args:
        name: What it is called in specs.
        metric: Its row: a kernel per task, and what is to be known about them.

    Raises:
        InputError: The name is one of ours, or the row cannot be one.
    """
    if name in METRICS:
        raise InputError("metrics", name, "is a name of disco-jax", "choose another")
    row = accepted(name, metric)
    _registered[name] = row._replace(origin=f"registered {secrets.token_hex(8)}")


def accepted(name: str, metric: Any) -> Metric:
    """The row, if it can be one of the table."""

    def wrong(problem: str, remedy: str) -> InputError:
        return InputError("metrics", name, problem, remedy)

    if not re.fullmatch(r"\w[\w.-]*", name) or name == "all":
        raise wrong("is no name for a metric", "use letters, digits, . _ -")
    if not isinstance(metric, Metric):
        raise wrong(f"{type(metric).__name__} is no row", "give a disco_jax.Metric")
    if metric.is_view:
        raise wrong("is a view", "give a metric, with is_view left out")
    if not metric.kernels or not FORMS.issuperset(metric.kernels):
        raise wrong(f"kernels for {sorted(metric.kernels)}", f"give some of {sorted(FORMS)}")
    for kernel in metric.kernels.values():
        if not callable(kernel):
            raise wrong(f"{kernel!r} is no kernel", "give a function")
        read = needs(kernel)
        if not read or not FACTORS.issuperset(read):
            problem = f"positional parameters {list(read)} are no factors"
            raise wrong(problem, f"name some of {', '.join(sorted(FACTORS))}")
        if ROWWISE & {*read} and "where" not in inspect.signature(kernel).parameters:
            problem = "reads rows without where, so padding and resamples would count"
            raise wrong(problem, "take the keyword where, weights of the rows or None")
        for option, default in options(kernel).items():
            if option == "pca" or not isinstance(default, bool | int | float | str):
                problem = f"{option}={default!r} is no option"
                raise wrong(problem, "give a default that is a bool, int, float or str")
    return metric
