"""The record of models and their scores on the new data together.

With z for a column less its mean over the models, over its standard deviation:

    together = w z(record) + (1 - w) z(scores),    w = p^2 / (p^2 + s^2)

The record of a model is its effect in the history (`history.effects`). p is what such records are
worth: their mean correlation with the accuracies of a task that was left out, but no more than
c = corr(record, scores), how far they agree with the new data. s is what scores are worth, 0.6 in
the study of this package (docs, Which score); the scores are those that predicted best there, or
else the first. The mix then has a correlation with the accuracies of

    r = (w p + (1 - w) s) / sqrt(w^2 + (1 - w)^2 + 2 w (1 - w) c)

    expected accuracy = mean of the tasks + r x spread on a task x z(together)

Unknown stay 1 - r^2 of the variance on a task and how hard the task is: the interval. Of a model
without a record it is wider, by the error of the record that it takes (`records`) times what a
record counts, r x spread x w / (sd(mix) sd(record)).
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

import numpy as np

from disco_jax.comparison import pearson
from disco_jax.history import History, effects, read_history, static
from disco_jax.results import EXPECTED, ScoreTable, plain, split

from .expected import COVERED, bounded, half_width
from .records import records

SCORES = ("disco:mode=tuned", "ridge_loo")
WORTH = 0.6
LEFT_OUT = 20
TINY = 1e-9


def with_history(table: ScoreTable, history: History | str | os.PathLike[str]) -> ScoreTable:
    """The table with the accuracy expected of each model as its first score.

    Args:
        table: Scores on the new data, as `score` and `rank` give them.
        history: Past accuracies of the models, or a file of them: CSV, Parquet or JSON.

    Raises:
        ValueError: One line that names what is wrong with the history, and what to do.
    """
    if not isinstance(history, History):
        history = read_history(history)
    metrics = tuple(spec for spec in table.metrics if spec != EXPECTED)
    found = combined(history, table.scores, metrics, _source_data(table))
    why = {
        name: {"record": plain(found.record[name]), "scores": plain(found.scores[name])}
        for name in found.expected
    }
    ends = {name: [plain(low), plain(high)] for name, (low, high) in found.intervals.items()}
    sure = {"level": COVERED, "models": ends, "first_ahead": None, "ties": []}
    said = f"record of the models {found.weight:.0%}, {' and '.join(found.by)} the rest"
    without = tuple(
        f"{name}: no record in the history; counts as {_few(kin)}"
        for name, kin in found.like.items()
    )
    return replace(
        table,
        metrics=(EXPECTED, *metrics),
        scores={
            name: {EXPECTED: plain(found.expected[name]) if name in why else None}
            | {spec: row[spec] for spec in metrics}
            for name, row in table.scores.items()
        },
        terms={
            name: {**table.terms.get(name, {}), EXPECTED: why.get(name, {})}
            for name in table.scores
        },
        intervals={**table.intervals, **({EXPECTED: sure} if ends else {})},
        warnings=(*without, *table.warnings),
        provenance={**table.provenance, EXPECTED: said},
    )


class Combined(NamedTuple):
    """What is expected of the models that have been scored, and why."""

    expected: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    record: dict[str, float]  # z of the record
    scores: dict[str, float]  # z of the scores
    weight: float  # of the record
    by: tuple[str, ...]  # the scores that count
    like: dict[str, list[str]]  # per model without a record, those like it


def combined(
    history: History,
    scores: Mapping[str, Mapping[str, float | None]],
    specs: Sequence[str],
    source_data: Mapping[str, str] | None = None,
) -> Combined:
    """What is expected of the models that have the scores that count."""
    by = tuple(spec for spec in SCORES if spec in specs) or tuple(specs[:1])
    models = [name for name, row in scores.items() if None not in (row.get(spec) for spec in by)]
    effect, like, error = records(history, models, source_data)
    columns = np.array([[scores[name][spec] for name in models] for spec in by], np.float64)
    record, new = _z(effect), _z(_z(columns).mean(0))

    agree = float(np.mean(record * new))
    p = max(min(worth_of_records(history), agree), 0.0)
    w = p**2 / (p**2 + WORTH**2)
    length = np.sqrt(w**2 + (1 - w) ** 2 + 2 * w * (1 - w) * agree)
    r = min((w * p + (1 - w) * WORTH) / max(float(length), TINY), 1.0)

    level, _ = effects(history.values)
    spread = float(np.nanmean(np.nanstd(history.values, 0)))
    mix = w * record + (1 - w) * new
    accuracy = np.minimum(level.mean() + r * spread * _z(mix), history.whole)
    counts = r * spread * w / (max(float(mix.std()), TINY) * max(float(effect.std()), TINY))
    without = np.array([name in like for name in models])
    half = half_width(level, (1 - r**2) * spread**2 + without * counts**2 * error)

    def of_model(values: np.ndarray) -> dict[str, float]:
        return dict(zip(models, values.tolist(), strict=True))

    bounds: dict[str, tuple[float, float]] = {}
    if half is not None:
        bounds = dict(zip(models, bounded(history, accuracy, half), strict=True))
    return Combined(of_model(accuracy), bounds, of_model(record), of_model(new), w, by, like)


def worth_of_records(history: History) -> float:
    """The mean correlation of the static order with a task that was left out; 0 with one task.

    Of many tasks 20 are left out, one after the other.
    """
    found = []
    for task in history.tasks[:: -(-len(history.tasks) // LEFT_OUT)]:
        promised, truth = static(history, task), history.on(task)
        both = [model for model in truth if model in promised]
        known = pearson([promised[m] for m in both], [truth[m] for m in both])
        found += [] if known is None else [known]
    return fmean(found) if found else 0.0


def _source_data(table: ScoreTable) -> dict[str, str]:
    """What models learnt from, as their features say."""
    said = {m: about.get("provenance", {}).get("source_data") for m, about in table.models.items()}
    return {split(row)[0]: text for row, text in said.items() if text}


def _few(names: list[str]) -> str:
    """Those like a model, in words."""
    if not names:
        return "an average model, none is like it"
    return f"the mean of {len(names)} like {names[0]} and an average model"


def _z(columns: np.ndarray) -> np.ndarray:
    """Less the mean over models, the last axis, over the standard deviation; 0 where all tie."""
    apart = columns - columns.mean(-1, keepdims=True)
    return apart / np.maximum(columns.std(-1, keepdims=True), TINY)
