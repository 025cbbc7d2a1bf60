"""The type of means and variances."""

from typing import Any

import jax.numpy as jnp


def statistic_dtype(dtype: Any) -> Any:
    """What means and variances are computed in."""
    return jnp.float64 if dtype == jnp.float64 else jnp.float32
