"""`disco-jax merge`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from disco_jax.data import open_images
from disco_jax.errors import InputError
from disco_jax.hubs import HubModel, find_hub, read_hub
from disco_jax.merging import METHODS, Choice, Merged, merge_checkpoints

from .printing import print_csv, print_json, print_lines, print_table
from .progress import bar


def run(
    *,
    models: Sequence[str],
    out: Path,
    method: str,
    base: str | None,
    coefficient: float | None,
    fisher: Sequence[Path],
    choose: str | None,
    data: str | None,
    split: str,
    hub: str | None,
    architecture: str,
    batch: int | None,
    offline: bool,
    form: str,
) -> None:
    """Merge, and say with what."""
    if (choose is None) != (data is None):
        missing = "data" if data is None else "choose"
        problem = f"missing beside {'choose' if data is None else 'data'}"
        raise InputError("merge", missing, problem, "give both: a score, and pictures for it")
    listed = {} if hub is None else {each.name: each for each in read_hub(find_hub(hub))}
    named = [_model(name, listed, architecture) for name in models]
    origin = None if base is None else _model(base, listed, architecture)
    with bar() as progress:
        choice = None
        if choose is not None and data is not None:
            choice = Choice(choose, open_images(data, split), batch, progress)
        found = merge_checkpoints(
            named,
            out,
            method=method,
            base=origin,
            coefficient=coefficient,
            fisher=fisher,
            choice=choice,
            offline=offline,
        )
    if form == "json":
        print_json(_json(found, choose))
    elif form == "csv":
        print_csv(("candidate", "score"), _rows(found))
    else:
        if found.chosen is not None:
            rows = [[name, "" if value is None else f"{value:.6g}"] for name, value in _rows(found)]
            print_table(("candidate", str(choose)), rows, form)
        print_lines(_told(found), form)


def _model(name: str, listed: Mapping[str, HubModel], architecture: str) -> HubModel:
    """A model of the hub, or a file."""
    return listed.get(name) or HubModel(name, name, architecture, where=name)


def _rows(found: Merged) -> list[tuple[str, float | None]]:
    if found.chosen is None:
        return []
    symbol = METHODS[found.method].symbol
    scores = [(f"{symbol} = {c:g}", value) for c, value in found.chosen.scores.items()]
    return [*scores, *found.chosen.given.items()]


def _told(found: Merged) -> list[str]:
    symbol, value = METHODS[found.method].symbol, found.coefficient
    how = "equal weights" if value is None else f"{symbol} = {value:g}"
    counts = ", ".join(f"{number} {what}" for what, number in found.tensors.items())
    lines = [f"{found.method} with {how} in {found.out}; tensors: {counts}"]
    if found.chosen is not None:
        best = found.chosen.scores[found.chosen.coefficient]
        given = {name: value for name, value in found.chosen.given.items() if value is not None}
        name = max(given, key=lambda each: given[each], default=None)
        if name is not None and best is not None and given[name] >= best:
            lines.append(f"no merge scores higher than {name}, which was there already")
    return lines


def _json(found: Merged, metric: str | None) -> dict[str, object]:
    whole: dict[str, object] = {
        "out": found.out,
        "method": found.method,
        "coefficient": found.coefficient,
        "tensors": found.tensors,
    }
    if found.chosen is not None:
        scores = {f"{c:g}": value for c, value in found.chosen.scores.items()}
        whole["chosen"] = {"metric": metric, "scores": scores, "given": found.chosen.given}
    return whole
