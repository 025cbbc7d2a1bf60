"""`disco-jax recommend`: models for a task from past accuracies alone, and how well that works."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from disco_jax.errors import InputError
from disco_jax.history import History, read_history
from disco_jax.recommendation import (
    Judged,
    Likeness,
    Network,
    ahead,
    judged,
    of_features,
    of_proxy,
    recommend,
)

from .printing import print_csv, print_json, print_lines, print_table

CELLS = 100_000  # of a history that is small enough to leave out each task without being asked
HEADER = ["method", "tau_w", "95 %", "regret@1", "regret@3", "looked at"]


def run(
    file: Path,
    *,
    task: str | None,
    methods: Sequence[str],
    features: Path | None,
    proxy: Path | None,
    hub: str | None,
    explain: bool,
    form: str,
) -> None:
    """Rank the models of a history by one method, and say what the method was worth so far."""
    history = read_history(file)
    if len(methods) > 1:
        problem = f"{', '.join(methods)} asked for one ranking"
        raise InputError("recommend", "method", problem, "choose one, or add --evaluate")
    look = None if features is None else of_features(features)
    like = None if proxy is None else of_proxy(proxy)
    networks = _networks(hub)
    found = recommend(
        history,
        task=task,
        method=methods[0],
        look=look,
        like=like,
        networks=networks,
        explain=explain,
    )
    if form == "json":
        print_json(found.to_dict())
        return
    rows = [
        [model, value, *found.intervals.get(model, (None, None)), model in found.looked]
        for model, value in found.accuracy.items()
    ]
    if form == "csv":
        print_csv(["model", "expected", "low", "high", "looked_at"], rows)
        return
    shown = [
        [model, _number(value), _range(low, high), "yes" if looked else ""]
        for model, value, low, high, looked in rows
    ]
    header = ["model", "expected", "90 %", "looked at"]
    if explain:
        header += ["record", "tasks", "twins", "through"]
        shown = [[*row, *_why(found.why[row[0]])] for row in shown]
    print_table(header, shown, form)
    if history.values.size <= CELLS:
        print_lines(_said(_judged(history, ["static", *methods], like, networks)), form)


def _why(found: Mapping[str, Any]) -> list[str]:
    record, tasks = f"{found['record']:+.3f}", str(found["tasks"])
    return [record, tasks, ", ".join(found["twins"]), found.get("through", "")]


def evaluate(
    file: Path, methods: Sequence[str], proxy: Path | None, hub: str | None, form: str
) -> None:
    """Leave out each task of a history in turn, and print how well each method ranked models."""
    like = None if proxy is None else of_proxy(proxy)
    networks = _networks(hub)
    found = _judged(read_history(file), methods, like, networks)
    if form == "json":
        print_json({"methods": {name: each.to_dict() for name, each in found.items()}})
        return
    rows = []
    for name, each in found.items():
        of = each.to_dict()
        rows.append(
            [name, of["tau_w"], *of["interval"], of["regret_at_1"], of["regret_at_3"], of["looked"]]
        )
    if form == "csv":
        print_csv(["method", "tau_w", "low", "high", "regret_at_1", "regret_at_3", "looked"], rows)
        return
    shown = [
        [name, _number(tau), _range(low, high), _number(one), _number(three), f"{looked:.3g}"]
        for name, tau, low, high, one, three, looked in rows
    ]
    print_table(HEADER, shown, form)
    print_lines(_said(found), form)


def _networks(hub: str | None) -> dict[str, Network] | None:
    if hub is None:
        return None
    from disco_jax.pipeline import networks_of

    return networks_of(hub)


def _judged(
    history: History,
    methods: Sequence[str],
    like: Likeness | None,
    networks: Mapping[str, Network] | None,
) -> dict[str, Judged]:
    found = {name: judged(history, name, like, networks) for name in dict.fromkeys(methods)}
    if not all(each.tasks for each in found.values()):
        problem = (
            f"{len(history.tasks)} task(s) with three models or more that were tried on others"
        )
        raise InputError("history", "tasks", problem, "give two such tasks or more")
    return found


def _said(found: Mapping[str, Judged]) -> list[str]:
    """Of the static order what it was worth, of every other method whether it beats that."""
    lines = []
    for name, each in found.items():
        if name == "static":
            of = each.to_dict()
            tau = f"{_number(of['tau_w'])} ({_range(*of['interval'])})"
            lines.append(
                f"static: mean tau_w {tau} over {of['tasks']} tasks, each left out in turn"
            )
        elif "static" in found:
            more, low, high = ahead(each, found["static"])
            says = "ahead of" if low > 0 else "behind" if high < 0 else "not ahead of"
            by = f"tau_w {more:+.2f} ({low:+.2f} to {high:+.2f})"
            lines.append(f"{name}: {says} the static order on this history, {by}")
    return lines


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:.2f}"


def _range(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{_number(low)} to {_number(high)}"
