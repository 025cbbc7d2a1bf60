"""Trees of floating arrays of one structure, computed leaf by leaf and rounded once.

Whatever the leaves are stored in, a formula sees float32, or float64 where one of them is that;
what it finds is rounded to the dtype of the first tree's leaf.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

Tree = Any


def leafwise(formula: Callable[..., jax.Array], *trees: Tree) -> Tree:
    """``formula(*leaves)`` for the leaves of all trees."""

    def one(*leaves: Any) -> jax.Array:
        return formula(*widened(leaves)).astype(leaves[0].dtype)

    return jax.tree.map(one, *trees)


def widened(leaves: Sequence[Any]) -> list[jax.Array]:
    """Leaves in the dtype that formulas compute in."""
    double = any(jnp.dtype(leaf.dtype) == jnp.dtype("float64") for leaf in leaves)
    wide = jax.dtypes.canonicalize_dtype(jnp.float64) if double else jnp.float32
    return [jnp.asarray(leaf).astype(wide) for leaf in leaves]


def weighted(weights: Sequence[Any], leaves: Sequence[jax.Array]) -> jax.Array:
    """``sum_m w_m x_m``, added in the order given."""
    terms = [jnp.asarray(w, x.dtype) * x for w, x in zip(weights, leaves, strict=True)]
    return sum(terms[1:], start=terms[0])
