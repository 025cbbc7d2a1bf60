"""The order of models by a score, and rankings in which a model stands where its best layer is.

A row `model@layer` is of a layer, by the last @ of its name; a row without one is of the features.
Grouped, a model is by each metric where its best layer is; of equal layers the first by name. The
best of many layers has had more tries than the best of few: give all models equally many.
"""

import math
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
FEATURES = "features"  # what the layer without a name is called
EXPECTED = "expected_accuracy"  # the score that joins all others with the record of a model


def best_first(scores: Mapping[str, float]) -> list[str]:
    """The models from best to worst; equal scores by name, whatever the order they came in."""
    for model, value in scores.items():
        if math.isnan(value):
            raise ValueError(f"the score of model {model!r} is NaN and cannot be ranked")
    return sorted(scores, key=lambda model: (-scores[model], model))


def split(row: str) -> tuple[str, str]:
    """The model and the layer that a row is of; no layer where the name has no @."""
    model, _, layer = row.rpartition("@")
    return (model, layer) if model and layer else (row, "")


def best_rows(scores: Mapping[str, float]) -> dict[str, str]:
    """The row with the best layer of each model, best first."""
    best: dict[str, str] = {}
    for row in best_first(scores):
        best.setdefault(split(row)[0], row)
    return best


def grouped(result: Json) -> Json:
    """A result, as `ScoreTable.to_dict` gives it, with a row per model in place of one per layer.

    By each metric a row holds what that of the best layer holds, and the layer among the terms.
    What resampling says about the order is kept where the result was grouped when it was made.
    """
    scores, terms = result["scores"], result.get("terms") or {}
    specs = dict.fromkeys(spec for row in scores.values() for spec in row)
    best = {spec: best_rows(_column(scores, spec)) for spec in specs}
    models = dict.fromkeys(split(row)[0] for row in scores)
    whole: Json = {
        **result,
        "scores": {model: dict.fromkeys(specs) for model in models},
        "ranking": {spec: list(rows) for spec, rows in best.items()},
        "terms": {model: {} for model in models},
        "intervals": {},
    }
    for spec, rows in best.items():
        for model, row in rows.items():
            whole["scores"][model][spec] = scores[row][spec]
            layer = {"layer": split(row)[1] or FEATURES}
            whole["terms"][model][spec] = layer | terms.get(row, {}).get(spec, {})
    for spec, found in (result.get("intervals") or {}).items():
        names = {row: model for model, row in best[spec].items()}
        ends = {model: found["models"][row] for row, model in names.items()}
        unknown: Json = {"first_ahead": None, "stays_first": None, "ties": []}
        whole["intervals"][spec] = {**found, "models": ends, **unknown}
        if result.get("grouped"):
            ties = [[names[row] for row in tied] for tied in found["ties"]]
            kept = {name: found.get(name) for name in ("first_ahead", "stays_first")}
            whole["intervals"][spec] |= {**kept, "ties": ties}
    return whole


def _column(scores: Mapping[str, Mapping[str, float | None]], spec: str) -> dict[str, float]:
    """The rows that have a score by a metric."""
    found = {row: of_row.get(spec) for row, of_row in scores.items()}
    return {row: value for row, value in found.items() if value is not None}
