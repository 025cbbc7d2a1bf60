"""TIES: trim, elect a sign, and merge what agrees with it.

    trim     t_m = tau_m where |tau_m| is among its largest k entries, else 0;  k = round(keep N)
    elect    s = sign(sum_m t_m)
    merge    u = mean of the t_m over the m with sign(t_m) = s;  0 where there are none
    theta = theta_0 + lambda u

tau_m = theta_m - theta_0 over all N parameters of the network: the trim compares entries of
different layers. Equal entries at the k-th place all stay. Cost: a sort of N numbers per network,
and 6 M operations per parameter.
Degenerate cases. Networks that all equal theta_0: theta_0. Trimmed entries that cancel: 0.

Reference: Yadav et al., NeurIPS 2023, arXiv 2306.01708.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from .trees import Tree, leafwise, widened

KEEP = 0.2


def ties(base: Tree, models: Sequence[Tree], coefficient: Any, *, keep: float = KEEP) -> Tree:
    """The base and ``coefficient`` times what the trimmed task vectors agree on."""
    bounds = [_bound(base, model, keep) for model in models]

    def moved(origin: jax.Array, *tuned: jax.Array) -> jax.Array:
        vectors = [each - origin for each in tuned]
        trimmed = jnp.stack(
            [
                jnp.where(jnp.abs(vector) >= bound.astype(vector.dtype), vector, 0)
                for vector, bound in zip(vectors, bounds, strict=True)
            ]
        )
        elected = jnp.sign(jnp.sum(trimmed, 0, keepdims=True))
        agreeing = (jnp.sign(trimmed) == elected) & (elected != 0)
        number = jnp.maximum(jnp.sum(agreeing, 0), 1).astype(origin.dtype)
        mean = jnp.sum(jnp.where(agreeing, trimmed, 0), 0) / number
        return origin + jnp.asarray(coefficient, origin.dtype) * mean

    return leafwise(moved, base, *models)


def _bound(base: Tree, model: Tree, keep: float) -> jax.Array:
    """The k-th largest |tau| of a network."""
    pairs = zip(jax.tree.leaves(base), jax.tree.leaves(model), strict=True)
    sizes = [jnp.abs(tuned - origin).ravel() for origin, tuned in map(widened, pairs)]
    widest = max((each.dtype for each in sizes), key=lambda dtype: dtype.itemsize)
    flat = jnp.concatenate([each.astype(widest) for each in sizes])
    return jnp.sort(flat)[-max(1, round(keep * flat.size))]
