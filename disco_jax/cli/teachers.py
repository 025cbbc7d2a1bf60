"""`disco-jax teachers`."""

from pathlib import Path

from disco_jax.choice import teachers
from disco_jax.features import read_labels

from .printing import print_csv, print_json, print_table, warn


def run(
    *,
    features: Path,
    sharpness: float,
    likeness: str,
    labels: Path | None,
    task: str | None,
    keep_going: bool,
    form: str,
) -> None:
    """Print how like the task each model is, and its weight."""
    found = teachers(
        features,
        sharpness=sharpness,
        likeness=likeness,
        labels=None if labels is None else read_labels(labels),
        task=task,
        keep_going=keep_going,
    )
    if form == "json":
        print_json(found.to_dict())
        return
    header = ["model", found.metric, "weight"]
    rows = [[model, value, found.weights[model]] for model, value in found.likeness.items()]
    if form == "csv":
        print_csv(header, rows)
    else:
        cells = [[m, f"{e:.4g}", f"{found.weights[m]:.3f}"] for m, e in found.likeness.items()]
        print_table(header, cells, form)
    warn([*(f"failed: {each['error']}" for each in found.failures), *found.warnings])
