"""The weighted average of networks.

    theta = sum_m w_m theta_m,    sum_m w_m = 1

theta_m the parameters of network m of M. Cost: M operations per parameter.

What it presupposes: the networks lie in one basin, because they were fine-tuned from one network;
of networks trained from different starts the average is worth nothing.
Degenerate cases. A weight of 1 beside zeros: that network, bit by bit where all are finite.

Reference: model soups, Wortsman et al., ICML 2022.
"""

from collections.abc import Sequence
from typing import Any

from .trees import Tree, leafwise, weighted


def average(models: Sequence[Tree], weights: Sequence[Any]) -> Tree:
    """The average of M trees with M weights, which sum to 1."""
    return leafwise(lambda *leaves: weighted(weights, leaves), *models)
