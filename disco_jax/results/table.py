"""The scores of a hub: the value that `score` returns, prints and writes.

As JSON (strict, parts absent where there is nothing to say):

    {"task", "metrics", "scores": {model: {spec: number or null}}, "ranking": {spec: [best first]},
     "terms": {model: {spec: {name: number or list}}}, "intervals": {spec: {...}},
     "models": {model: {"samples", "width", ...}}, "warnings": [line], "failures": [{"model",
     "error"}], "provenance", "grouped": true, "race": {"rounds": [...], "passes", ...}}

and, where the scores were compared with true accuracies (`comparison`),

     "accuracies": {dataset: {model: number}}, "agreement": {spec: {measure: mean, "datasets":
     {dataset: {measure: number}}}}, "controls": {name: the same}

Of a table whose layers are grouped (`order`) the ranking lists the best layer of each model, and
ties and `first_ahead` are between these.

Numbers are float32, written as the shortest decimal that is that float32.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from .order import FEATURES, best_first, best_rows, grouped

Json = dict[str, Any]


@dataclass(frozen=True)
class ScoreTable:
    """Scores by model and metric spec, and what is to be known about them."""

    task: str
    metrics: tuple[str, ...]
    scores: Mapping[str, Mapping[str, float | None]]
    terms: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    intervals: Mapping[str, Json] = field(default_factory=dict)
    models: Mapping[str, Json] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    failures: tuple[Json, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    grouped: bool = False
    race: Mapping[str, Any] = field(default_factory=dict)  # how models were dropped on the way
    relative: tuple[str, ...] = ()  # metrics whose scores compare the rows of this table alone

    def ranking(self, spec: str | None = None, *, grouped: bool | None = None) -> list[str]:
        """The models best first, by one metric (the first where none is named).

        Grouped, only the best layer of each model; by default where the table is.
        """
        spec = self.metrics[0] if spec is None else spec
        if spec not in self.metrics:
            raise ValueError(
                f"metric {spec!r} was not scored; these were: {', '.join(self.metrics)}"
            )
        found = {model: row[spec] for model, row in self.scores.items()}
        scores = {model: value for model, value in found.items() if value is not None}
        grouped = self.grouped if grouped is None else grouped
        return list(best_rows(scores).values()) if grouped else best_first(scores)

    def to_dict(self) -> Json:
        """What `to_json` writes."""
        from disco_jax import __version__

        whole: Json = {
            "version": __version__,
            "task": self.task,
            "metrics": list(self.metrics),
            "scores": {model: dict(row) for model, row in self.scores.items()},
            "ranking": {spec: self.ranking(spec) for spec in self.metrics},
        }
        for name in ("terms", "intervals", "models", "warnings", "failures", "provenance", "race"):
            if part := getattr(self, name):
                whole[name] = list(part) if isinstance(part, tuple) else dict(part)
        return whole | ({"grouped": True} if self.grouped else {})

    def shown(self) -> Json:
        """What people are shown: `to_dict`, models in place of layers where it is grouped."""
        return grouped(self.to_dict()) if self.grouped else self.to_dict()

    def rows(self, *, intervals: bool = True) -> list[list[str]]:
        """The table for people: models best first by the first metric, with intervals if wanted.

        Grouped, models in place of layers, and the best layer beside each score.
        """
        shown = self.shown() | ({} if intervals else {"intervals": {}})
        models = _best_first(shown["ranking"][self.metrics[0]], shown["scores"])
        return [[model, *(_cell(shown, model, spec) for spec in self.metrics)] for model in models]

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        head = "".join(f"<th>{escape(name)}</th>" for name in ("model", *self.metrics))
        body = "".join(
            f"<tr><th>{escape(model)}</th>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for model, *cells in self.rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`, a row per model and a column per metric, best first."""
        import pandas

        models = _best_first(self.ranking(grouped=False), self.scores)
        rows = [[self.scores[model][spec] for spec in self.metrics] for model in models]
        index = pandas.Index(models, name="model")
        return pandas.DataFrame(rows, index=index, columns=list(self.metrics), dtype="float64")

    def plot(self, spec: str | None = None) -> Any:
        """The scores by one metric (the first where none is named), as axes of matplotlib."""
        from matplotlib import pyplot

        spec = self.metrics[0] if spec is None else spec
        models = self.ranking(spec)[::-1]
        values = [self.scores[model][spec] for model in models]
        ends = self.intervals.get(spec, {}).get("models")
        _, axes = pyplot.subplots(figsize=(6, 1 + 0.3 * len(models)), layout="constrained")
        axes.plot(np.array(values, np.float64), range(len(models)), "o")
        if ends is not None:
            low, high = zip(*(ends[model] for model in models), strict=True)
            axes.hlines(range(len(models)), low, high)
        axes.set_yticks(range(len(models)), models)
        axes.set_xlabel(spec)
        return axes

    def to_json(self) -> str:
        """Strict JSON, the same for the same scores."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def plain(value: Any) -> Any:
    """An array of float32 as numbers and lists of JSON; what is not finite is None."""
    array = np.asarray(value)
    if array.ndim:
        return [plain(entry) for entry in array]
    number = float(str(np.float32(array))) if array.dtype.kind == "f" else int(array)
    return number if math.isfinite(number) else None


def _best_first(ranked: list[str], scores: Mapping[str, Any]) -> list[str]:
    """All models, those without a score last."""
    return ranked + [model for model in scores if model not in ranked]


def _cell(shown: Json, model: str, spec: str) -> str:
    """A score with its interval, and its layer where that is not the features themselves."""
    value = shown["scores"][model][spec]
    if value is None:
        return "–"
    says = f"{value:.4g}"
    if found := shown.get("intervals", {}).get(spec):
        low, high = found["models"][model]
        says += f" [{low:.3g}, {high:.3g}]"
    layer = shown["terms"][model][spec]["layer"] if shown.get("grouped") else FEATURES
    return says if layer == FEATURES else f"{says} @{layer}"
