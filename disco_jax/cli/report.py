"""`disco-jax report`."""

from pathlib import Path

from disco_jax.layers import grouped
from disco_jax.reporting import write_page
from disco_jax.score_files import read_result

from .compare import compared, to_dict
from .printing import warn


def run(
    scores: Path, out: Path, accuracies: Path | None, dataset: str | None, group_layers: bool
) -> None:
    """Write the page."""
    result = read_result(scores)
    if group_layers or result.get("grouped"):
        result = grouped(result)
    if accuracies is not None:
        comparison, truth, warnings = compared([scores], accuracies, dataset, group_layers)
        names = next(iter(comparison.agreement.values())).datasets
        result |= to_dict(comparison, warnings)
        result["accuracies"] = {name: truth.datasets[name] for name in names}
        warn(warnings)
    write_page(out, result)
    print(out)
