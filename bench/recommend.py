"""Recommenders on tables of past accuracies, one task left out at a time.

The tables are those given, and the study of this package (bench/truth). There the scores of its
networks are known as well, so that they are joined with the records, and each score stands beside
them, and fennec and nearest-tasks with `--proxy`, features of each of its sets. Then each model is
left out, and its record taken from those like it (`without_record`). Last come 10,000 models and
100 past tasks, for the time that an answer takes.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from disco_jax.comparison import Accuracies, read_accuracies
from disco_jax.extraction import opened
from disco_jax.history import History, history_of, read_history
from disco_jax.hubs import find_hub, read_hub
from disco_jax.pipeline import networks_of
from disco_jax.recommendation import (
    Likeness,
    Network,
    ahead,
    judged,
    of_proxy,
    recommend,
    with_history,
)
from disco_jax.recommendation.fennec import placed, space
from disco_jax.recommendation.judged import Judged, agreement
from disco_jax.results import EXPECTED, read_table

from . import without_record
from .record import Row

TRUTH = Path(__file__).parent / "truth" / "classification"
MODELS, TASKS = 10_000, 100
DRAWS = 200  # of random orders
SCORES = ("disco:mode=tuned", "ridge_loo", "cka", "logme", "knn", "disco")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tables", type=Path, nargs="*", help="files of past accuracies")
    parser.add_argument("--proxy", type=Path, help="one network's features of the study's sets")
    parser.add_argument("--hub", help="the study's networks, for fennec and their source data")
    parser.add_argument("--part", choices=("all", "records"), default="all")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    yield from _without_record(arguments)
    if arguments.part == "records":
        return
    for path in arguments.tables:
        yield from _methods(path.stem, read_history(path))
    like = None if arguments.proxy is None else of_proxy(arguments.proxy)
    networks = None if arguments.hub is None else networks_of(arguments.hub)
    for tune in ("all", "head"):
        history = read_history(TRUTH / f"{tune}.csv")
        yield from _methods(f"study, {tune}", history)
        if like is not None:
            yield from _by_likeness(f"study, {tune}", history, like, networks)
        yield from _scores(f"study, {tune}", history)
    yield from _many()


def _without_record(arguments: argparse.Namespace) -> Iterator[Row]:
    source = {}
    if arguments.hub is not None:
        about = {m.name: opened(m, offline=True).about for m in read_hub(find_hub(arguments.hub))}
        source = {name: each["source_data"] for name, each in about.items()}
    studied = {f"study, {tune}": TRUTH / f"{tune}.csv" for tune in ("all", "head")}
    for name, path in {**studied, **{path.stem: path for path in arguments.tables}}.items():
        known = source if name in studied else {}
        yield from without_record.rows(name, read_accuracies(path, holes=True), known)


def _methods(name: str, history: History) -> Iterator[Row]:
    """Every method, and random orders."""
    static = judged(history, "static")
    sizes = {"models": len(history.models), "tasks": len(history.tasks)}
    for method in ("static", "factors", "two-phase"):
        yield sizes | _row(f"{name}: {method}", judged(history, method), static)
    rng = np.random.default_rng(0)
    drawn = [
        agreement(history, lambda task: {model: rng.random() for model in history.models})
        for _ in range(DRAWS)
    ]
    means = [fmean(values) for values in zip(*(each.tau_w for each in drawn), strict=True)]
    yield sizes | {
        "shape": f"{name}: random",
        "tau_w": fmean(means),
        "regret_at_1": fmean(fmean(each.regret_at_1) for each in drawn),
        "regret_at_3": fmean(fmean(each.regret_at_3) for each in drawn),
    }


def _by_likeness(
    name: str, history: History, like: Likeness, networks: dict[str, Network] | None
) -> Iterator[Row]:
    """The methods that want features of each task."""
    static = judged(history, "static")
    yield _row(f"{name}: nearest-tasks", judged(history, "nearest-tasks", like), static)
    yield _row(f"{name}: fennec", judged(history, "fennec", like), static)
    if networks is not None:
        found = judged(history, "fennec", like, networks)
        yield _row(f"{name}: fennec, networks", found, static)


def _scores(name: str, history: History) -> Iterator[Row]:
    """The records joined with scores of the new data, and the scores alone."""
    static = judged(history, "static")
    tables = {
        task: with_history(read_table(TRUTH / f"{task}.json"), history.without(task))
        for task in history.tasks
    }
    for spec in (EXPECTED, *SCORES):
        found = agreement(
            history, lambda task, spec=spec: {m: r[spec] for m, r in tables[task].scores.items()}
        )
        yield _row(f"{name}: {spec}", found, static)


def _row(shape: str, found: Judged, static: Judged) -> Row:
    return {"shape": shape, **found.to_dict(), "ahead": list(ahead(found, static))}


def _many() -> Iterator[Row]:
    rng = np.random.default_rng(0)
    values = rng.random((MODELS, 5)) @ rng.random((5, TASKS)) / 5
    tasks = {f"t{t}": {f"m{m}": v for m, v in enumerate(values[:, t])} for t in range(TASKS)}
    history = history_of(Accuracies(tasks))
    for method in ("static", "factors"):
        recommend(history, method=method)
        start = time.perf_counter()
        recommend(history, method=method)
        yield {
            "shape": f"{MODELS:,} x {TASKS}: {method}",
            "seconds": time.perf_counter() - start,
        }

    tasks = [*history.tasks, "new"]
    like = {(s, t): float(s == t) or rng.random() / 2 for s in tasks for t in tasks}
    start = time.perf_counter()
    models = space(history, like)
    fitted = time.perf_counter()
    np.argsort(-placed(models, like, "new"))
    yield {"shape": f"{MODELS:,} x {TASKS}: fennec, its space", "seconds": fitted - start}
    yield {
        "shape": f"{MODELS:,} x {TASKS}: fennec, an order",
        "seconds": time.perf_counter() - fitted,
    }


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "models": ("models", str),
    "tasks": ("tasks", str),
    "tau_w": ("tau_w", _number),
    "95 %": ("interval", lambda ends: " to ".join(map(_number, ends))),
    "ahead of static": ("ahead", lambda of: f"{of[0]:+.2f} ({of[1]:+.2f} to {of[2]:+.2f})"),
    "regret@1": ("regret_at_1", _number),
    "regret@3": ("regret_at_3", _number),
    "looked at": ("looked", lambda value: f"{value:.3g}"),
    "error of a record": ("error", _number),
    "gained on names": ("gained", lambda of: f"{of[0]:+.2f} ({of[1]:+.2f} to {of[2]:+.2f})"),
    "seconds": ("seconds", lambda value: f"{value:.2g}"),
}
TURNED = True
