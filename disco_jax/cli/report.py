"""`disco-jax report`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from disco_jax.atomic import write_text
from disco_jax.errors import InputError
from disco_jax.layers import grouped
from disco_jax.reporting import render
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
    write_page(out, "out", result)
    print(out)


def write_page(path: Path, option: str, result: Mapping[str, Any]) -> None:
    """Write the page of a result; `option` is what the path was given as."""
    try:
        write_text(path, render(result))
    except OSError as why:
        problem = f"cannot be written ({why.strerror})"
        raise InputError(str(path), option, problem, "choose another") from why
