"""Results as tables: scores, scores beside true accuracies, and a comparison."""

from collections.abc import Iterator, Mapping
from typing import Any

from disco_jax.comparison import Comparison, MetricAgreement
from disco_jax.reporting import advice, verdict
from disco_jax.results import ScoreTable

from .printing import print_csv, print_json, print_lines, print_table, warn

MEASURES = (
    *("tau_w", "kendall", "spearman", "pearson", "regret"),
    *("rel_at_1", "rel_at_3", "recall_at_1", "recall_at_3"),
)


def show_scores(table: ScoreTable, form: str, *, intervals: bool = True) -> None:
    """Best first by the first metric; grouped, those of the best layers. Then the verdict."""
    if form == "json":
        print(table.to_json(), end="")
        return
    header, shown = ["model", *table.metrics], table.shown()
    rows = table.rows(intervals=intervals)
    if form == "csv":
        scores = shown["scores"]
        print_csv(header, [[m, *(scores[m][s] for s in table.metrics)] for m, *_ in rows])
    else:
        print_table(header, rows, form)
        for spec, found in shown.get("intervals", {}).items() if intervals else ():
            print_lines(_certainty(spec, found), form)
        print_lines([*_engines(table), *_race(table), *_answer(shown)], form)
    _warn(table)


def _answer(shown: Mapping[str, Any]) -> list[str]:
    """What follows from the scores, in the last line; before it what not to follow."""
    return [line for line in (advice(shown), verdict(shown)) if line]


def show_beside(
    table: ScoreTable, comparison: Comparison, form: str, *, intervals: bool = True
) -> None:
    """The scores with the true accuracies of the one dataset they were compared on."""
    if form == "json":
        print_json(comparison.beside(table.to_dict()))
        return
    (truth,) = comparison.accuracies.values()
    header = ["model", "accuracy", *table.metrics]
    if form == "csv":
        rows = [[m, truth[m], *table.scores[m].values()] for m, *_ in table.rows()]
        print_csv(header, rows)
    else:
        agreement = comparison.agreement
        taus = [_tau(agreement[s]) if s in agreement else "–" for s in table.metrics]
        shown = table.rows(intervals=intervals)
        lines = [[m, _accuracy(truth[m]), *cells] for m, *cells in shown]
        print_table(header, [*lines, [""] * len(header), ["tau_w", "", *taus]], form)
        told = ", ".join(f"{name} {_tau(each)}" for name, each in comparison.controls.items())
        print_lines(
            [f"controls: {told}", *_engines(table), *_race(table), *_answer(table.shown())], form
        )
    _warn(table)


def show_comparison(comparison: Comparison, form: str) -> None:
    """Every metric and every control, by every measure."""
    if form == "json":
        print_json(comparison.beside({}))
        return
    rows = [_row(name, each) for name, each in comparison.agreement.items()]
    rows += [_row(f"control: {name}", each) for name, each in comparison.controls.items()]
    header = ["metric", "datasets", *MEASURES]
    if form == "csv":
        print_csv(header, rows)
    else:
        print_table(header, [[_short(cell) for cell in row] for row in rows], form)
    warn(comparison.warnings)


def _row(name: str, each: MetricAgreement) -> list[Any]:
    return [name, len(each.datasets), *(each.mean[measure] for measure in MEASURES)]


def _tau(each: MetricAgreement) -> str:
    return _short(each.mean["tau_w"])


def _short(value: str | int | float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _accuracy(value: float) -> str:
    return f"{value:.3f}" if value <= 1 else f"{value:.2f}"


def _certainty(spec: str, found: Mapping[str, Any]) -> Iterator[str]:
    if found["first_ahead"] is not None:
        yield f"{spec}: the first is ahead of the second in {found['first_ahead']:.0%} of resamples"
    for group in found["ties"]:
        yield f"{spec}: tied: {', '.join(group)}"


def _engines(table: ScoreTable) -> list[str]:
    """Which networks torch ran, where it ran any."""
    engines: dict[str, list[str]] = {}
    for model, about in table.models.items():
        engine = about.get("provenance", {}).get("engine", "")
        if engine.startswith("torch"):
            engines.setdefault(engine, []).append(model)
    return [f"run by {engine}: {', '.join(models)}" for engine, models in engines.items()]


def _race(table: ScoreTable) -> list[str]:
    """What a race has cost, and how it went."""
    if not table.race:
        return []
    rounds, passes, whole = (table.race[key] for key in ("rounds", "passes", "all_passes"))
    counted = table.race.get("counted", "forward passes")
    left = ", ".join(
        f"{len(each['models']) - len(each['dropped'])} after {each['samples']:,}" for each in rounds
    )
    return [
        f"race: {passes:,} of {whole:,} {counted} ({passes / whole:.0%}), until "
        f"{table.race['ended']}; models left: {left} samples"
    ]


def _warn(table: ScoreTable) -> None:
    warn([*(f"failed: {each['error']}" for each in table.failures), *table.warnings])
