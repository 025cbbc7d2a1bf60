"""The models of a hub on the same samples: rows paired by ids, answers in one order.

Models that have ids are brought into the order of the first one. Without ids they must have equally
many samples with the same answers. Features come in float32, with zero columns up to a width that
many models share, so that few programs are compiled (`scoring.rung`).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import disco_kernels as dk
from disco_jax.errors import InputError
from disco_jax.features import FeatureSet
from disco_jax.scoring import Hub, agree_on_task, narrow_targets, opened, rescaling, rung


@dataclass(frozen=True)
class Pool:
    """Models of one hub, row by row the same samples."""

    models: dict[str, FeatureSet]
    task: str
    labels: np.ndarray | None  # (n,) in 0..C-1
    targets: np.ndarray | None  # (n, t)
    orders: dict[str, np.ndarray | None]  # which row of the model is each sample
    factors: dict[str, float]  # what extreme features are multiplied by
    warnings: tuple[str, ...]
    failures: dict[str, str]
    _products: dict[frozenset[str], float] = field(default_factory=dict)

    @property
    def num_classes(self) -> int:
        """How many classes the labels have."""
        return 0 if self.labels is None else int(self.labels.max()) + 1

    @property
    def answers(self) -> np.ndarray:
        """(n, C) of 0 and 1, or the targets."""
        if self.labels is None:
            assert self.targets is not None
            return self.targets
        return np.eye(self.num_classes, dtype=np.float32)[self.labels]

    def features(self, model: str) -> np.ndarray:
        """(n, rung of the width), float32."""
        given = np.asarray(self.models[model].features)
        if (factor := self.factors[model]) != 1:
            given = given.astype(np.float64) * factor
        more = rung(given.shape[1]) - given.shape[1]
        return np.pad(
            self._ordered(model, given).astype(np.float32, copy=False), ((0, 0), (0, more))
        )

    def logits(self, model: str) -> np.ndarray:
        """(n, Z), float32."""
        return self._ordered(model, np.asarray(self.models[model].logits)).astype(np.float32)

    def spectrum(self, model: str, components: int | None) -> dk.Spectrum:
        """The leading components of the features, or all of them."""
        x, width = self.features(model), np.int32(self.models[model].shape[1])
        return dk.spectrum(
            x, components=components, width=width, method="krylov" if components else "full"
        )

    def product(self, first: str, second: str) -> float:
        """The inner product of the kernels of two models, or of one with itself."""
        both = frozenset((first, second))
        if both not in self._products:
            others = self.features(second) if first != second else None
            self._products[both] = float(dk.kernel_product(self.features(first), others))
        return self._products[both]

    def _ordered(self, model: str, rows: np.ndarray) -> np.ndarray:
        order = self.orders[model]
        return rows if order is None else rows[order]


def pool_of(
    hub: Any,
    *,
    labels: Any = None,
    task: str | None = None,
    keep_going: bool = False,
    also: Collection[str] = (),
) -> Pool:
    """The models of a hub that can be compared sample by sample; `also` are fields that all need.

    Raises:
        InputError: A model cannot be used, the samples differ, or there are fewer than two models.
    """
    found = opened(hub, {} if labels is None else {"labels": labels}, keep_going=keep_going)
    task = agree_on_task(found, task)
    if task == "detection":
        raise InputError("task", task, "has no sets to choose", "give --task classification")
    warnings: list[str] = []
    factors: dict[str, float] = {}
    codes: dict[str, np.ndarray] = {}
    orders: dict[str, np.ndarray | None] = {}
    first = ""
    for model, given in list(found.models.items()):
        try:
            checked = _checked(given, task, also)
            order = _order(found, first, given) if first else None
            told = narrow_targets(given.targets) if task == "regression" else checked.labels.codes
            told = told if order is None else told[order]
            if first and not np.array_equal(told, codes[first]):
                raise _different(given, "targets" if task == "regression" else "labels", first)
        except InputError as why:
            found.fail(model, why)
            continue
        first = first or model
        codes[model], orders[model] = told, order
        factors[model] = rescaling(checked.scale)
        warnings += checked.warnings
    if len(found.models) < 2:
        _refuse_few(found)
    answers = codes[first]
    classes = task == "classification"
    return Pool(
        dict(found.models),
        task,
        answers if classes else None,
        None if classes else answers.reshape(len(answers), -1),
        orders,
        factors,
        tuple(warnings),
        found.failures,
    )


def require_classes(pool: Pool, what: str, instead: str) -> np.ndarray:
    """The labels; an InputError where the task has none."""
    if pool.labels is None:
        origin = next(iter(pool.models.values())).origin
        raise InputError(origin, "targets", f"{what} needs classes", instead)
    return pool.labels


def _checked(given: FeatureSet, task: str, also: Collection[str]) -> Any:
    """What a check finds, of features that can be paired with those of other models."""
    if given.moments is not None:
        raise given.error("moments", "only moments are kept", "extract the features themselves")
    if task == "classification" and given.multilabel:
        problem = "several at once for a sample"
        raise given.error("labels", problem, "give one class per sample, (n,)")
    for key in also:
        if getattr(given, key) is None:
            raise given.error(
                key, "missing", f"save {key} with each model, or choose another --method"
            )
    return given.check(task, also=also)


def _order(found: Hub, first: str, given: FeatureSet) -> np.ndarray | None:
    """Which of the model's rows are the samples of the first model; None for the same order."""
    other = found.models[first]
    if (given.ids is None) != (other.ids is None):
        lacks, has = (given, first) if given.ids is None else (other, given.name)
        problem = f"missing, where {has} has them"
        raise lacks.error("ids", problem, "save ids with every model or with none")
    if given.shape[0] != other.shape[0]:
        raise _different(given, "ids" if given.ids is not None else "features", first)
    if given.ids is None or other.ids is None:
        return None
    mine, theirs = (np.asarray(each.ids).astype(np.str_) for each in (given, other))
    if np.array_equal(mine, theirs):
        return None
    by_mine, by_theirs = (np.argsort(each, kind="stable") for each in (mine, theirs))
    if not np.array_equal(mine[by_mine], theirs[by_theirs]):
        raise _different(given, "ids", first)
    order = np.empty(len(mine), int)
    order[by_theirs] = by_mine
    return order


def _different(given: FeatureSet, key: str, first: str) -> InputError:
    problem = f"not those of {first}, so samples cannot be paired"
    return given.error(key, problem, "extract all models on the same samples, with ids")


def _refuse_few(found: Hub) -> None:
    if not found.models:
        raise found.none_left()
    (model,) = found.models
    why = next(iter(found.failures.values()), "give two models or more")
    raise InputError("hub", "models", f"one is left to choose from, {model}", why)
