"""`disco-jax score`."""

from pathlib import Path

from disco_jax.errors import InputError
from disco_jax.features import read_labels
from disco_jax.history import read_history
from disco_jax.recommendation import with_history
from disco_jax.scoring import score, write_scores

from .durations import seconds_of
from .progress import bar
from .tables import show_scores


def run(
    *,
    features: Path,
    metrics: str | None,
    task: str | None,
    labels: Path | None,
    bootstrap: int,
    seed: int,
    memory: float | None,
    keep_going: bool,
    history: Path | None,
    race: bool,
    budget: str | None,
    out: Path | None,
    group_layers: bool,
    pool: str | None,
    form: str,
) -> None:
    """Score a folder, write and print the table."""
    seconds = None if budget is None else seconds_of(budget, "score")
    past = None if history is None else read_history(history)
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
            progress=shown,
            resume=out,
            group_layers=group_layers,
            pool=pool,
            race=race,
            budget=seconds,
        )
    if past is not None:
        table = with_history(table, past)
    if out is not None:
        write_scores(out, table)
    show_scores(table, form)


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
