"""Who is right where another is wrong, on samples left out.

    flips(t, s) = share of the samples that model t predicts right and model s wrong

Not symmetric: accuracy(t) - accuracy(s) = flips(t, s) - flips(s, t). Predictions are those of the
exact leave-one-out ridge regression of `ridge_loo` on all components, at the penalty that is right
most often, or of 5 nearest neighbours, so that a model's accuracy is its score by `ridge_loo` or
`knn`. A model that is worse by far may still correct many samples of the best.

Reference: Roth et al., Fantastic gains and where to find them, arXiv 2310.17653 (positive flips).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import disco_kernels as dk

from .methods import require_posterior
from .pool import pool_of, require_classes

METRIC = {"ridge": "ridge_loo", "knn": "knn"}


@dataclass(frozen=True)
class Complement:
    """Accuracies, best first, and flips between every two models."""

    metric: str  # whose accuracy it is
    accuracy: dict[str, float]
    flips: dict[str, dict[str, float]]  # {t: {s: t is right where s is wrong}}
    warnings: tuple[str, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)

    def partner(self, model: str) -> str:
        """The model that is right on most samples that this one has wrong."""
        others = (each for each in self.accuracy if each != model)
        return min(others, key=lambda each: (-self.flips[each][model], each))

    def either(self, one: str, other: str) -> float:
        """The share of samples that one or the other has right."""
        return self.accuracy[one] + self.flips[other][one]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "metric": self.metric,
            "accuracy": self.accuracy,
            "flips": self.flips,
            "partner": {model: self.partner(model) for model in self.accuracy},
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"failures": self.failures} if self.failures else {}),
        }

    def as_result(self) -> dict[str, Any]:
        """As a result of scoring with the flips beside it, for the report."""
        return {
            "task": "classification",
            "metrics": [self.metric],
            "scores": {model: {self.metric: value} for model, value in self.accuracy.items()},
            "flips": self.flips,
            "warnings": list(self.warnings),
            "failures": [{"model": m, "error": why} for m, why in self.failures.items()],
        }


def complement(
    hub: Any,
    *,
    posterior: str = "ridge",
    labels: Any = None,
    task: str | None = None,
    keep_going: bool = False,
) -> Complement:
    """Say of every two models of a hub on which share of the samples one corrects the other.

    Args:
        hub: What `score` takes; all models have the same samples, paired by ids.
        posterior: What predicts left-out samples: ridge or knn.
        labels: Classes for all models, in place of those of the feature sets.
        task: classification, where the data leave a choice.
        keep_going: Leave out a model that cannot be used.

    Raises:
        InputError: Input that cannot be used: which file, which field, what to do.
    """
    require_posterior("complement", posterior)
    pool = pool_of(hub, labels=labels, task=task, keep_going=keep_going)
    codes = require_classes(pool, "complement", "save labels (n,) with each model")
    known = {"num_classes": pool.num_classes}

    def right(model: str) -> np.ndarray:
        if posterior == "knn":
            found = dk.knn_left_out(pool.features(model), codes, **known)
        else:
            found = dk.ridge_left_out(pool.spectrum(model, None), codes, **known)
        return np.asarray(found.right)

    hits = {model: right(model) for model in pool.models}
    ranked = sorted(hits, key=lambda model: (-hits[model].mean(), model))
    return Complement(
        METRIC[posterior],
        {model: float(hits[model].mean()) for model in ranked},
        {t: {s: float(np.mean(hits[t] & ~hits[s])) for s in ranked if s != t} for t in ranked},
        pool.warnings,
        pool.failures,
    )
