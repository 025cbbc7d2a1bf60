"""`disco-jax report`."""

from pathlib import Path

from disco_jax.comparison import compare
from disco_jax.recommendation import with_history
from disco_jax.reporting import write_page
from disco_jax.results import grouped, read_result, read_table

from .printing import warn


def run(
    *,
    scores: Path,
    out: Path,
    accuracies: Path | None,
    dataset: str | None,
    history: Path | None,
    group_layers: bool,
) -> None:
    """Write the page."""
    if history is None:
        result = read_result(scores)
    else:
        result = with_history(read_table(scores), history).to_dict()
    if group_layers or result.get("grouped"):
        result = grouped(result)
    if accuracies is not None:
        found = compare(scores, accuracies, dataset=dataset, group_layers=group_layers)
        result = found.beside(result)
        warn(found.warnings)
    write_page(out, result)
    print(out)
