"""`disco-jax complement`."""

from pathlib import Path

from disco_jax.choice import complement
from disco_jax.features import read_labels
from disco_jax.reporting import write_page

from .printing import print_csv, print_json, print_table, warn


def run(
    *,
    features: Path,
    posterior: str,
    labels: Path | None,
    task: str | None,
    keep_going: bool,
    report: Path | None,
    form: str,
) -> None:
    """Print, and draw, who is right where another is wrong."""
    found = complement(
        features,
        posterior=posterior,
        labels=None if labels is None else read_labels(labels),
        task=task,
        keep_going=keep_going,
    )
    if report is not None:
        write_page(report, found.as_result(), "report")
    if form == "json":
        print_json(found.to_dict())
        return
    if form == "csv":
        rows = [[t, s, share] for t, of in found.flips.items() for s, share in of.items()]
        print_csv(["right", "wrong", "share"], rows)
    else:
        cells = []
        for model, accuracy in found.accuracy.items():
            other = found.partner(model)
            shares = accuracy, found.flips[other][model], found.either(model, other)
            first, *rest = (f"{share:.3f}" for share in shares)
            cells.append([model, first, other, *rest])
        print_table(["model", found.metric, "corrected by", "on", "either right"], cells, form)
    warn([*(f"failed: {why}" for why in found.failures.values()), *found.warnings])
