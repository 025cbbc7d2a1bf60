"""`disco-jax ensemble`."""

from pathlib import Path
from typing import Any

from disco_jax.choice import Ensemble, ensemble
from disco_jax.features import read_labels

from .printing import print_csv, print_json, print_lines, print_table, warn


def run(
    *,
    features: Path,
    size: int,
    method: str,
    posterior: str,
    labels: Path | None,
    task: str | None,
    keep_going: bool,
    form: str,
) -> None:
    """Choose a set and print it."""
    found = ensemble(
        features,
        size,
        method=method,
        posterior=posterior,
        labels=None if labels is None else read_labels(labels),
        task=task,
        keep_going=keep_going,
    )
    if form == "json":
        print_json(found.to_dict())
        return
    rows: list[list[Any]] = [
        [model, gain, sum(found.gains[: place + 1]), found.single[model], found.overlap[model]]
        for place, (model, gain) in enumerate(zip(found.chosen, found.gains, strict=True))
    ]
    header = ["model", "gain", "together", "alone", "overlap"]
    if form == "csv":
        print_csv(header, rows)
    else:
        cells = [[model, *(f"{value:.4g}" for value in values)] for model, *values in rows]
        print_table(header, cells, form)
        print_lines(_said(found), form)
    warn([*(f"failed: {why}" for why in found.failures.values()), *found.warnings])


def _said(found: Ensemble) -> list[str]:
    """What the set is worth beside the best single model."""
    first, (low, high) = found.chosen[0], found.interval
    lines = []
    if len(found.chosen) > 1:
        gain = found.value - found.single_best
        worth = "" if low > 0 else "; not surely more" if high > 0 else "; less"
        lines.append(
            f"{len(found.chosen)} together: {found.value:.4g}, {gain:+.3g} "
            f"({low:+.2g} to {high:+.2g}) on {first} alone{worth}"
        )
    if found.bound is not None:
        lines.append(f"no {len(found.chosen)} models have more than {found.bound:.4g}")
    return lines
