"""Teachers for distillation: how like the task each model of a hub is, as weights.

    w_s = e_s^p / sum_t e_t^p,     e_s = max(likeness of model s, 0)

The likeness is PARC, or any other score that is positive where a model is like the task; p is the
sharpness. p = 1 is DistillWeighted, large p DistillNearest, the one model that is most like the
task; p = 0 weighs alike all that are like it at all. The student learns from
sum_s w_s softmax(logits of teacher s). Where nobody is like the task all weigh alike.

Reference: Borup et al., Distilling from similar tasks for transfer learning on a budget, ICCV 2023.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disco_jax.errors import InputError
from disco_jax.results import best_first
from disco_jax.scoring import score


@dataclass(frozen=True)
class Teachers:
    """Models by likeness, the nearest first."""

    metric: str
    sharpness: float
    likeness: dict[str, float]
    weights: dict[str, float]  # they add up to 1
    warnings: tuple[str, ...] = ()
    failures: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "metric": self.metric,
            "sharpness": self.sharpness,
            "nearest": next(iter(self.likeness)),
            "likeness": self.likeness,
            "weights": self.weights,
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"failures": list(self.failures)} if self.failures else {}),
        }


def teachers(
    hub: Any,
    *,
    sharpness: float = 1.0,
    likeness: str = "parc",
    labels: Any = None,
    task: str | None = None,
    keep_going: bool = False,
) -> Teachers:
    """Weigh the models of a hub as teachers of a student on the task.

    Args:
        hub: What `score` takes.
        sharpness: The power of the likeness; the larger, the more the nearest model weighs.
        likeness: The metric that says how like the task a model is.
        labels: Classes for all models, in place of those of the feature sets.
        task: classification, regression or detection; inferred where the data leave no choice.
        keep_going: Leave out a model that cannot be scored.

    Raises:
        InputError: Input that cannot be used: which file, which field, what to do.
    """
    if not 0 <= sharpness < np.inf:
        raise InputError("teachers", "sharpness", f"{sharpness:g}", "give a number of 0 or more")
    if "," in likeness:
        raise InputError("teachers", "likeness", f"{likeness} are several", "choose one metric")
    table = score(hub, labels=labels, metrics=likeness, task=task, keep_going=keep_going)
    (spec,) = table.metrics
    found = {model: of[spec] for model, of in table.scores.items()}
    known = {model: value for model, value in found.items() if value is not None}
    if len(known) < 2:
        problem = f"one is left to choose from{', ' if known else ''}{', '.join(known)}"
        raise InputError("hub", "models", problem, "give two models or more")
    ranked = best_first(known)
    values = np.maximum([known[model] for model in ranked], 0.0)
    warnings = table.warnings
    if not values.any():
        warnings += (f"hub: {spec}: no model is like the task, so all weigh alike",)
        values = np.ones(len(values))
    powers = np.where(values > 0, (values / values.max()) ** sharpness, 0)
    weights = powers / powers.sum()
    return Teachers(
        spec,
        sharpness,
        {model: known[model] for model in ranked},
        dict(zip(ranked, weights.tolist(), strict=True)),
        warnings,
        tuple(table.failures),
    )
