"""From the results of all models to a `ScoreTable`: scores, terms, intervals, warnings.

A metric with a `combine` gets its scores here, from the raw terms of all models that were scored; a
resample of the hub is combined like the hub itself. A score that is not finite is null, with a
warning. Doubts about a score, a field that is not below its bound, are warnings as well.

Resamples are shifted so that their mean is the score. Repeated samples move a score for a reason
that the data do not have (a class looks tighter, a neighbour is missing), so the spread of the
resamples is meaningful and their mean is not.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import numpy as np

from disco_jax.features import FeatureSet
from disco_jax.metrics import Spec, combine_forms, metric_of
from disco_jax.results import Json, ScoreTable, best_rows, certainty, plain

from .plan import Plan
from .scored import Scored

LEVEL = 0.95


def tabulate(
    plan: Plan,
    scored: Mapping[str, Scored],
    models: Mapping[str, FeatureSet],
    *,
    warnings: tuple[str, ...],
    failures: Mapping[str, str],
    grouped: bool = False,
) -> ScoreTable:
    """The table of a run; models in the order of `scored`."""
    rows: dict[str, dict[str, float | None]] = {model: {} for model in scored}
    terms: dict[str, dict[str, Json]] = {model: {} for model in scored}
    intervals: dict[str, Json] = {}
    said = [line for each in scored.values() for line in each.warnings] + list(warnings)
    for spec in plan.specs:
        found = {model: each.results for model, each in scored.items()}
        for model, value in scores_of(plan, spec, found).items():
            rows[model][spec.text] = plain(value)
            if rows[model][spec.text] is None:
                said.append(f"{model}: {spec.text}: not a finite number ({value}), left unranked")
        for model, each in scored.items():
            said += _doubts(model, spec, each.results[spec.text])
            fields = {name: plain(a) for name, a in each.results[spec.text].items()}
            if parts := {name: value for name, value in fields.items() if name != "score"}:
                terms[model][spec.text] = parts
        ranked = {m: row[spec.text] for m, row in rows.items() if row[spec.text] is not None}
        sampled = {m: scored[m].resampled for m in ranked if scored[m].resampled}
        if len(sampled) == len(ranked) and sampled:
            values = _resampled(plan, spec, ranked, sampled)
            if np.isfinite(values).all():
                intervals[spec.text] = _interval(ranked, values, grouped)
            else:
                said.append(f"hub: {spec.text}: undefined on some resamples, so without intervals")
    return ScoreTable(
        task=plan.task,
        metrics=tuple(spec.text for spec in plan.specs),
        scores=rows,
        terms={model: parts for model, parts in terms.items() if parts},
        intervals=intervals,
        models={model: _about(models[model]) for model in scored},
        warnings=tuple(dict.fromkeys(said)),
        failures=tuple({"model": model, "error": text} for model, text in failures.items()),
        provenance={"jax": jax.__version__, "device": jax.devices()[0].device_kind},
        grouped=grouped,
        relative=tuple(spec.text for spec in plan.specs if _is_relative(spec, scored)),
    )


def _is_relative(spec: Spec, scored: Mapping[str, Scored]) -> bool:
    return any("score" not in each.results[spec.text] for each in scored.values())


def _doubts(model: str, spec: Spec, found: Mapping[str, Any]) -> list[str]:
    """What the fields of a result say against it."""
    doubts = metric_of(spec.name).doubts.items()
    return [
        f"{model}: {spec.text}: {said} ({field} {float(found[field]):.2g})"
        for field, (bound, said) in doubts
        if not found[field] < bound
    ]


def scores_of(plan: Plan, spec: Spec, results: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The score of each model, or (resamples,) scores of each."""
    found = {model: each[spec.text] for model, each in results.items()}
    names = next(iter(found.values()))
    if "score" in names:
        return {model: each["score"] for model, each in found.items()}
    stacked = {name: np.stack([each[name] for each in found.values()], -1) for name in names}
    return dict(zip(found, np.moveaxis(combined(plan.task, spec, stacked), -1, 0), strict=True))


def combined(task: str, spec: Spec, terms: Mapping[str, np.ndarray]) -> np.ndarray:
    """The scores by a metric that is relative to the hub, from terms (..., models)."""
    metric = metric_of(spec.name)
    combine = partial(combine_forms, metric) if task == "detection" else metric.combine
    assert combine is not None
    return combine(terms)


def _resampled(
    plan: Plan, spec: Spec, scores: Mapping[str, Any], resampled: Mapping[str, Any]
) -> np.ndarray:
    """(models, resamples), shifted so that the mean is the score."""
    drawn = scores_of(plan, spec, resampled)
    values = np.stack([drawn[model] for model in scores])
    return values - values.mean(1, keepdims=True) + np.array(list(scores.values()))[:, None]


def _interval(scores: Mapping[str, Any], values: np.ndarray, grouped: bool) -> Json:
    ends = certainty(scores, values, level=LEVEL).intervals
    first = [row in best_rows(scores).values() if grouped else True for row in scores]
    compared = {row: scores[row] for row, one in zip(scores, first, strict=True) if one}
    sure = certainty(compared, values[first], level=LEVEL)
    return {
        "level": LEVEL,
        "resamples": values.shape[1],
        "models": {m: [plain(np.float32(end)) for end in i] for m, i in ends.items()},
        "first_ahead": sure.first_ahead,
        "stays_first": sure.stays_first,
        "ties": sure.ties,
    }


def _about(features: FeatureSet) -> Json:
    n, d = features.shape
    about: Json = {"samples": n, "width": d}
    if features.file:
        about["file"] = features.file
    if features.provenance:
        about["provenance"] = dict(features.provenance)
    return about
