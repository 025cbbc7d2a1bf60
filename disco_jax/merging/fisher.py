"""Fisher merging: each entry by how sure each network is of it.

    theta_j = sum_m w_m F_mj theta_mj / sum_m w_m F_mj

F_m >= 0 the diagonal of the Fisher information of network m, the mean over samples x of the
expected squared gradient of ln p(y | x), y drawn from the network. theta is the mode of the product
of the Gaussians N(theta_m, 1/F_m) to the powers w_m. Cost: 4 M operations per parameter.
Degenerate cases. An entry of which no network with w_m > 0 is sure (the denominator is 0): the
average with weights w.

Reference: Matena and Raffel, NeurIPS 2022, arXiv 2111.09832.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from .trees import Tree, leafwise, weighted


def fisher(models: Sequence[Tree], information: Sequence[Tree], weights: Sequence[Any]) -> Tree:
    """The average of M trees weighted by M trees of informations and M weights, which sum to 1."""

    def sure(*leaves: jax.Array) -> jax.Array:
        thetas, known = leaves[: len(models)], leaves[len(models) :]
        largest = jnp.max(jnp.stack(known), 0)  # informations are small: squares of gradients
        sureness = [each / jnp.where(largest > 0, largest, 1) for each in known]
        total = weighted(weights, sureness)
        products = [each * theta for each, theta in zip(sureness, thetas, strict=True)]
        found = weighted(weights, products) / jnp.where(total > 0, total, 1)
        return jnp.where(total > 0, found, weighted(weights, thetas))

    return leafwise(sure, *models, *information)
