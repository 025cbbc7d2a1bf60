"""The scores of a hub: the value that `score` returns, prints and writes.

As JSON (strict, parts absent where there is nothing to say):

    {"task", "metrics", "scores": {model: {spec: number or null}}, "ranking": {spec: [best first]},
     "terms": {model: {spec: {name: number or list}}}, "intervals": {spec: {...}},
     "models": {model: {"samples", "width", ...}}, "warnings": [line], "failures": [{"model",
     "error"}], "provenance", "grouped": true}

Of a table whose layers are grouped (`layers`) the ranking lists the best layer of each model, and
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

from .layers import best_rows
from .ranking import best_first

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
        from . import __version__

        whole: Json = {
            "version": __version__,
            "task": self.task,
            "metrics": list(self.metrics),
            "scores": {model: dict(row) for model, row in self.scores.items()},
            "ranking": {spec: self.ranking(spec) for spec in self.metrics},
        }
        for name in ("terms", "intervals", "models", "warnings", "failures", "provenance"):
            if part := getattr(self, name):
                whole[name] = list(part) if isinstance(part, tuple) else dict(part)
        return whole | ({"grouped": True} if self.grouped else {})

    def _repr_html_(self) -> str:
        """The table as a notebook shows it: best first by the first metric, intervals beside."""
        ranked = self.ranking(grouped=False)
        models = ranked + [model for model in self.scores if model not in ranked]
        head = "".join(f"<th>{escape(spec)}</th>" for spec in ("model", *self.metrics))
        rows = "".join(
            f"<tr><th>{escape(model)}</th>"
            + "".join(f"<td>{self._shown(model, spec)}</td>" for spec in self.metrics)
            + "</tr>"
            for model in models
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def _shown(self, model: str, spec: str) -> str:
        value = self.scores[model][spec]
        if value is None:
            return "–"
        ends = self.intervals.get(spec, {}).get("models", {}).get(model)
        beside = "" if ends is None else f" [{ends[0]:.4g}, {ends[1]:.4g}]"
        return f"{value:.4g}{beside}"

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
