"""`disco-jax score`."""

from collections.abc import Iterator
from pathlib import Path

from disco_jax.atomic import write_text
from disco_jax.errors import InputError
from disco_jax.label_files import read_labels
from disco_jax.layers import DEFAULT, grouped
from disco_jax.resuming import forget
from disco_jax.score_table import ScoreTable
from disco_jax.scoring import score

from .printing import print_csv, print_table, warn
from .progress import bar, scoring


def run(
    features: Path,
    metrics: str | None,
    task: str | None,
    labels: Path | None,
    bootstrap: int,
    seed: int,
    memory: float | None,
    keep_going: bool,
    out: Path | None,
    group_layers: bool,
    form: str,
) -> None:
    """Score a folder, write and print the table."""
    if out is not None:
        _require_writable(out)
    with bar() as shown:
        table = score(
            features,
            labels=None if labels is None else read_labels(labels),
            metrics=metrics,
            task=task,
            bootstrap=bootstrap,
            seed=seed,
            memory=memory,
            keep_going=keep_going,
            progress=scoring(shown),
            resume=out,
            group_layers=group_layers,
        )
    if out is not None:
        write_text(out, table.to_json())
        forget(out)
    show(table, form)


def _require_writable(out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        probe = out.parent / f".{out.name}.writable"
        probe.touch()
        probe.unlink()
    except OSError as why:
        problem = f"cannot be written ({why.strerror})"
        raise InputError(str(out), "out", problem, "choose a writable folder") from why
    if out.is_dir():
        raise InputError(str(out), "out", "is a folder", "give a file name, as scores.json")


def show(table: ScoreTable, form: str) -> None:
    """Print the scores, best first by the first metric; grouped, those of the best layers."""
    if form == "json":
        print(table.to_json(), end="")
        return
    shown = grouped(table.to_dict()) if table.grouped else table.to_dict()
    ranked, scores = shown["ranking"][table.metrics[0]], shown["scores"]
    models = ranked + [model for model in scores if model not in ranked]
    if form == "csv":
        rows = [[model, *(scores[model][spec] for spec in table.metrics)] for model in models]
        print_csv(["model", *table.metrics], rows)
    else:
        lines = [[m, *(_cell(shown, m, spec) for spec in table.metrics)] for m in models]
        print_table(["model", *table.metrics], lines)
        for spec, found in shown.get("intervals", {}).items():
            for line in _certainty(spec, found):
                print(line)
    warn([*(f"failed: {each['error']}" for each in table.failures), *table.warnings])


def _cell(shown: dict, model: str, spec: str) -> str:
    value = shown["scores"][model][spec]
    if value is None:
        return "–"
    says = f"{value:.4g}"
    if found := shown.get("intervals", {}).get(spec):
        low, high = found["models"][model]
        says += f" [{low:.3g}, {high:.3g}]"
    layer = shown["terms"][model][spec]["layer"] if shown.get("grouped") else DEFAULT
    return says if layer == DEFAULT else f"{says} @{layer}"


def _certainty(spec: str, found: dict) -> Iterator[str]:
    if found["first_ahead"] is not None:
        yield f"{spec}: the first is ahead of the second in {found['first_ahead']:.0%} of resamples"
    for group in found["ties"]:
        yield f"{spec}: tied: {', '.join(group)}"
