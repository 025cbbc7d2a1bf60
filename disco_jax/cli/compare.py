"""`disco-jax compare`."""

from pathlib import Path

from disco_jax.comparison import compare

from .tables import show_comparison


def run(*, files: list[Path], dataset: str | None, group_layers: bool, form: str) -> None:
    """Compare and print."""
    if len(files) < 2:
        raise ValueError("compare: one file only; give SCORES and then ACCURACIES.csv")
    *scored, truth = files
    show_comparison(compare(scored, truth, dataset=dataset, group_layers=group_layers), form)
