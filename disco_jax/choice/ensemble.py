"""The k models of a hub that are best together, chosen one after the other.

    S <- S + argmax_m value(S + m), until k are chosen; equal ones by name

`value` is that of a method (`methods`); higher is better. The first model is the best one alone,
and gains add up to the value. A gain may be negative: then fewer models are better.

Interval: value(S) - value(best single) changes by g_i per unit of weight of sample i, and its
standard error is sqrt(sum_i g_i^2), the infinitesimal jackknife. The choice itself is taken as
given, and it was made on the same samples: the gain is a little flattering.

Bound: with f = value + ln|S| monotone and submodular, no set T of k models has more than

    f(T) <= f(S_j) + the k largest gains f(S_j + m) - f(S_j),     for every S_j on the way

and the least of these, less ln k, bounds the value. There is none for kages and disco.

References: Efron, JASA 1982 (infinitesimal jackknife); Nemhauser et al., Math. Programming 1978,
and Leskovec et al., KDD 2007 (the bound on the way).
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .judge import Judge, Members
from .methods import METHODS, judge_of, require_method
from .pool import Pool, pool_of

NORMAL = 1.959963984540054  # 95 % lie within


@dataclass(frozen=True)
class Ensemble:
    """Models in the order of choice, and what they are worth together."""

    method: str
    chosen: tuple[str, ...]
    gains: tuple[float, ...]  # what each added to the value; of the first its value
    single: dict[str, float]  # the value of every model alone, best first
    interval: tuple[float, float]  # of the gain over the best single model
    overlap: dict[str, float]  # mean CKA of each member with the other members
    bound: float | None  # no set of as many models has a higher value
    warnings: tuple[str, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Of all chosen together."""
        return math.fsum(self.gains)

    @property
    def single_best(self) -> float:
        """The value of the best model alone, which is the first chosen."""
        return self.gains[0]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "method": self.method,
            "chosen": list(self.chosen),
            "gains": list(self.gains),
            "single_best": self.single_best,
            "value": self.value,
            "gain": self.value - self.single_best,
            "interval": list(self.interval),
            "overlap": self.overlap,
            "bound": self.bound,
            "single": self.single,
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"failures": self.failures} if self.failures else {}),
        }


def ensemble(
    hub: Any,
    size: int = 3,
    *,
    method: str = "kages",
    posterior: str = "ridge",
    labels: Any = None,
    task: str | None = None,
    keep_going: bool = False,
) -> Ensemble:
    """Choose the models of a hub that are best together.

    Args:
        hub: What `score` takes: `{name: features}`, feature sets, or a folder. All models have the
            same samples, which are paired by their ids where they have any.
        size: How many models to choose.
        method: What "together" means. kages: the kernels added up are like that of the answers.
            logloss: predictions of left-out samples, averaged. disco: the score of the features
            side by side, with options as a metric, `disco:mode=tuned`. eleep: the source heads
            averaged, of models with logits.
        posterior: The probe of logloss: ridge or knn.
        labels: Classes for all models, in place of those of the feature sets.
        task: classification or regression; inferred where the data leave no choice. Targets are for
            kages and disco.
        keep_going: Leave out a model that cannot be used.

    Raises:
        InputError: Input that cannot be used: which file, which field, what to do.
    """
    name = require_method(method, posterior)
    if size < 1:
        raise InputError("ensemble", "size", f"{size}", "give 1 or more")
    pool = pool_of(hub, labels=labels, task=task, keep_going=keep_going, also=METHODS[name])
    if size > len(pool.models):
        problem = f"{size} of {len(pool.models)} models"
        raise InputError("ensemble", "size", problem, f"give {len(pool.models)} or less")
    judge = judge_of(pool, method, posterior)
    chosen: Members = ()
    levels: list[float] = []
    bounds: list[float] = []
    single: dict[str, float] = {}
    while len(chosen) < size:
        found = judge.values(chosen)
        if chosen and judge.submodular:
            bounds.append(_bound(levels[-1], found, len(chosen), size))
        best = min(found, key=lambda model: (-found[model], model))
        chosen, levels = (*chosen, best), [*levels, found[best]]
        single = single or found
    if judge.submodular and size < len(pool.models):
        bounds.append(_bound(levels[-1], judge.values(chosen), size, size))
    return Ensemble(
        method,
        chosen,
        tuple(np.diff([0.0, *levels]).tolist()),
        dict(sorted(single.items(), key=lambda item: (-item[1], item[0]))),
        _interval(judge, chosen, levels),
        _overlap(pool, chosen),
        max(min(*bounds, 0.0), levels[-1]) if bounds else None,  # a mean logarithm is at most 0
        pool.warnings,
        pool.failures,
    )


def _bound(level: float, found: dict[str, float], count: int, size: int) -> float:
    """What no set of `size` exceeds, from the gains that `count` chosen models leave."""
    logs = np.array(list(found.values())) + math.log((count + 1) / count) - level
    most = np.sort(logs)[::-1][:size].sum()
    return float(level + most + math.log(count / size))


def _interval(judge: Judge, chosen: Members, levels: list[float]) -> tuple[float, float]:
    gain = levels[-1] - levels[0]
    if len(chosen) == 1:
        return 0.0, 0.0
    apart = judge.influence(chosen) - judge.influence(chosen[:1])
    half = NORMAL * float(np.sqrt(np.sum(apart**2)))
    return gain - half, gain + half


def _overlap(pool: Pool, chosen: Members) -> dict[str, float]:
    def cka(a: str, b: str) -> float:
        size = math.sqrt(pool.product(a, a) * pool.product(b, b))
        return pool.product(a, b) / size if size > 0 else 0.0

    others = {a: [cka(a, b) for b in chosen if b != a] for a in chosen}
    return {model: float(np.mean(each)) if each else 0.0 for model, each in others.items()}
