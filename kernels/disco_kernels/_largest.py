"""Which of each row's values is the largest.

Value and place are compared together, in one pass. Looking for what equals the row's maximum would
compare two roundings where the compiler computes the values twice; ``lax.argmax`` cannot be lowered
inside ``in_double``.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def largest(values: jax.Array) -> jax.Array:
    """The column of each row's largest value, (n,) int32; of equal ones the first."""

    def better(a: tuple, b: tuple) -> tuple:
        swap = (b[0] > a[0]) | ((b[0] == a[0]) & (b[1] < a[1]))
        return jnp.where(swap, b[0], a[0]), jnp.where(swap, b[1], a[1])

    columns = lax.broadcasted_iota(jnp.int32, values.shape, 1)
    worst = np.array(-np.inf, values.dtype), np.array(np.iinfo(np.int32).max, np.int32)
    return lax.reduce((values, columns), worst, better, (1,))[1]
