"""Working precisions: what a result is rounded to, and where float64 is used beneath it.

Results are float32, or float64 where the input is. Half precisions accumulate in float32. Small
factorisations run in float64 whatever the caller's ``jax_enable_x64``, inside a local region
``with jax.enable_x64(True)`` whose results are rounded before they leave it.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

HIGHEST = lax.Precision.HIGHEST


def accumulation_dtype(dtype: Any) -> Any:
    """float64 for float64, float32 for everything else."""
    return jnp.float64 if jnp.dtype(dtype) == jnp.dtype("float64") else jnp.float32


def dot(a: jax.Array, b: jax.Array, over: tuple[int, int]) -> jax.Array:
    """Product of two matrices over the axes ``over`` at full precision, in the dtype they share."""
    return lax.dot_general(a, b, (((over[0],), (over[1],)), ((), ())), precision=HIGHEST)


def cast(tree: Any, dtype: Any) -> Any:
    """Floating arrays of a tree as ``dtype``; the others as they are."""

    def one(x: Any) -> Any:
        floating = jnp.issubdtype(jnp.result_type(x), jnp.floating)
        return lax.convert_element_type(x, dtype) if floating else x

    return jax.tree.map(one, tree)
