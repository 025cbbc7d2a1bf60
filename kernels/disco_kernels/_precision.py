"""Working precisions: what a result is rounded to, and what is used beneath it.

Results are float32, or float64 where the input is. Half precisions accumulate in float32. Sums that
cancel and small factorisations run in float64, whatever the caller's ``jax_enable_x64``: a function
of no arguments, given to ``in_double``, is traced where float64 exists, and its results are rounded
before they leave it.

TPUs have no float64, and some GPUs have little. For a TPU the same function is traced once more
where float64 does not exist: ``wide()`` is float32 there, and the few places whose mathematics
differ ask for it. A program for a TPU holds no float64 number. ``DISCO_FLOAT64=off``, set before
the first call, takes that way on every platform. float64 features always take the other one.
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import lax

HIGHEST = lax.Precision.HIGHEST
T = TypeVar("T")


def accumulation_dtype(dtype: Any) -> Any:
    """float64 for float64, float32 for everything else."""
    return jnp.float64 if jnp.dtype(dtype) == jnp.dtype("float64") else jnp.float32


def in_double(work: Callable[[], T], dtype: Any) -> T:
    """What ``work()`` finds where float64 exists, its floating arrays rounded to ``dtype``."""

    def traced(exists: bool) -> Callable[[], T]:
        def rounded() -> T:
            with jax.enable_x64(exists):
                found: T = cast(work(), dtype)
                return found

        return rounded

    if jnp.dtype(dtype) == jnp.float64:
        return traced(True)()
    if os.environ.get("DISCO_FLOAT64") == "off":
        return traced(False)()
    found: T = lax.platform_dependent(tpu=traced(False), default=traced(True))
    return found


def wide() -> Any:
    """The wider dtype of the place that is being traced: float64 where that exists."""
    return jax.dtypes.canonicalize_dtype(jnp.float64)


def dot(a: jax.Array, b: jax.Array, over: tuple[int, int]) -> jax.Array:
    """Product of two matrices over the axes ``over`` at full precision, in the dtype they share."""
    return lax.dot_general(a, b, (((over[0],), (over[1],)), ((), ())), precision=HIGHEST)


def cast(tree: Any, dtype: Any) -> Any:
    """Floating arrays of a tree as ``dtype``; the others as they are."""

    def one(x: Any) -> Any:
        floating = jnp.issubdtype(jnp.result_type(x), jnp.floating)
        return lax.convert_element_type(x, dtype) if floating else x

    return jax.tree.map(one, tree)
