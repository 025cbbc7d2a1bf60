"""Task arithmetic: what fine-tuning changed, added up.

    theta = theta_0 + lambda sum_m tau_m,    tau_m = theta_m - theta_0

theta_0 the network that all M were fine-tuned from. Cost: 2 M operations per parameter.
Degenerate cases. lambda = 0: theta_0. lambda = 1/M: the average of the networks.

Reference: Ilharco et al., ICLR 2023.
"""

from collections.abc import Sequence
from typing import Any

import jax

from .trees import Tree, leafwise, weighted


def task_arithmetic(base: Tree, models: Sequence[Tree], coefficient: Any) -> Tree:
    """The base and ``coefficient`` times the sum of the task vectors."""

    def moved(origin: jax.Array, *tuned: jax.Array) -> jax.Array:
        return origin + weighted([coefficient] * len(tuned), [each - origin for each in tuned])

    return leafwise(moved, base, *models)
