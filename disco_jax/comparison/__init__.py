"""Scores against the truth: true accuracies, measures of agreement, and the controls.

Loads no jax.
"""

from .accuracies import Accuracies, read_accuracies
from .controls import Comparison, MetricAgreement
from .datasets import compare, dataset_of, no_dataset
from .measures import kendall, pearson, regret, weighted_tau
from .rows import Rows

__all__ = [
    "Accuracies",
    "Comparison",
    "MetricAgreement",
    "Rows",
    "compare",
    "dataset_of",
    "kendall",
    "no_dataset",
    "pearson",
    "read_accuracies",
    "regret",
    "weighted_tau",
]
