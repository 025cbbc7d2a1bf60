"""Metric specs as they are typed: `gbc:covariance=diagonal:pca=64`, commas between specs.

    spec = name[:option=value]...

Options are the keywords of the metric's kernels, with values of the type that the default has.
`pca=m` belongs to no kernel: the metric then sees the m leading principal coordinates instead of
the features. `ped:base=gbc:q=0.3:...` is the metric `base` (logme by default), with the options
that follow, on features whose classes PED has pushed apart.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from disco_jax.errors import did_you_mean

from .every import every_metric, metric_of
from .metric import options
from .table import DEFAULT, METRICS

EVERYTHING = "all"


class SpecError(ValueError):
    """A spec that means nothing, in one line with the nearest that does."""


class Spec(NamedTuple):
    """One metric with its options; `text` as it was typed, and the key of its results."""

    text: str
    name: str
    options: tuple[tuple[str, Any], ...] = ()
    pca: int | None = None
    ped: float | None = None  # q of PED's remap, where there is one


def parse(metrics: str | Iterable[str], task: str) -> tuple[Spec, ...]:
    """Specs of a list, or of a text with commas; `all` is every metric that the task has."""
    texts = [
        each
        for text in _texts(metrics)
        for each in (_that_score(task) if text == EVERYTHING else [text])
    ]
    specs = tuple(dict.fromkeys(_spec(text, task) for text in texts))
    if not specs:
        raise SpecError("metrics: none given; name one or more, or all")
    return specs


def is_all(metrics: str | Iterable[str] | None) -> bool:
    """Whether every metric is asked for, rather than some by name alone."""
    return metrics is not None and EVERYTHING in _texts(metrics)


def _that_score(task: str) -> list[str]:
    """Every metric of a task by its name, after those of the default."""
    names = [name for name, metric in every_metric().items() if task in metric.tasks]
    return list(dict.fromkeys([*_defaults(task), *names]))


def _defaults(task: str) -> list[str]:
    return [text for text in DEFAULT if task in METRICS[text.partition(":")[0]].tasks]


def _texts(metrics: str | Iterable[str]) -> list[str]:
    texts = metrics.split(",") if isinstance(metrics, str) else metrics
    return [text.strip() for text in texts]


def default(task: str) -> tuple[Spec, ...]:
    """The metrics that are computed where nobody asks for any."""
    return tuple(_spec(text, task) for text in _defaults(task))


def _spec(text: str, task: str) -> Spec:
    name, *given = text.split(":")
    if name not in METRICS and name not in every_metric():
        raise SpecError(f"metrics: {name!r} is unknown; {_nearest(name, every_metric())}")
    metric = metric_of(name)
    if task not in metric.tasks:
        known = " and ".join(metric.tasks)
        others = ", ".join(_that_score(task))
        raise SpecError(f"metrics: {name} scores {known}, not {task}; use one of {others}")
    if metric.is_view:
        base, q, rest = _of_view(text, given)
        return _spec(":".join([base, *rest]), task)._replace(text=text, ped=q)
    defaults = {key: value for form in metric.forms(task).values() for key, value in _of(form)}
    chosen: dict[str, Any] = {}
    for part in given:
        key, equals, value = part.partition("=")
        if key not in ("pca", *defaults):
            nearest = _nearest(key, [*defaults, "pca"])
            raise SpecError(f"metrics: {text}: option {key!r} is unknown; {nearest}")
        if not equals or not value:
            raise SpecError(f"metrics: {text}: option {key} has no value; write {key}=...")
        if key in chosen:
            raise SpecError(f"metrics: {text}: option {key} is given twice; keep one")
        chosen[key] = _value(text, key, value, 1 if key == "pca" else defaults[key])
    for key in chosen.keys() & {"pca", "components"}:
        if chosen[key] < 1:
            remedy = "give the number of components, 1 or more"
            raise SpecError(f"metrics: {text}: {key}={chosen[key]}; {remedy}")
    pca = chosen.pop("pca", None)
    return Spec(text, name, tuple(sorted(chosen.items())), pca)


def _of_view(text: str, given: list[str]) -> tuple[str, float, list[str]]:
    """The metric below PED, its q, and the options that are the metric's."""
    own = {"base": "logme", "q": "0.6"}
    typed = [part.partition("=") for part in given if part.partition("=")[0] in own]
    for key, _, value in typed:
        if not value:
            raise SpecError(f"metrics: {text}: option {key} has no value; write {key}=...")
    if len(typed) > len({key for key, _, _ in typed}):
        raise SpecError(f"metrics: {text}: an option is given twice; keep one")
    own |= {key: value for key, _, value in typed}
    q = _value(text, "q", own["q"], 0.6)
    if own["base"] == "ped" or not 0 < q < math.inf:
        raise SpecError(f"metrics: {text}: give another metric as base and a finite q above 0")
    return own["base"], q, [part for part in given if part.partition("=")[0] not in own]


def _of(kernel: Any) -> Iterable[tuple[str, Any]]:
    return options(kernel).items()


def _value(text: str, key: str, value: str, default: Any) -> Any:
    words = {"true": True, "false": False}
    try:
        found = words[value.lower()] if isinstance(default, bool) else type(default)(value)
        if isinstance(found, int) and abs(found) >= 2**31:
            raise ValueError(found)
        return found
    except (KeyError, ValueError):
        kind = {bool: "true or false", int: "a whole number below 2^31", float: "a number"}[
            type(default)
        ]
        raise SpecError(f"metrics: {text}: {key}={value}; give {kind}") from None


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    return did_you_mean(name.lower(), names, f"use one of {', '.join(names)}")
