"""Sums of rows by class: ``sum_{i: y_i = c} r_i``, (C, ...) from rows (n, ...).

On the CPU a segment sum, n additions a column; elsewhere a product with the one-hot labels, which
is fast there and, unlike atomic additions, adds up in the same order every time. Rows whose label
is not in 0..C-1 are in no class.
"""

import jax
import jax.numpy as jnp
from jax import lax

from ._precision import dot


def class_sums(rows: jax.Array, labels: jax.Array, num_classes: int) -> jax.Array:
    """Sum of the rows of each class."""
    known = (labels >= 0) & (labels < num_classes)
    labels = jnp.where(known, labels, num_classes)

    def scattered(rows: jax.Array) -> jax.Array:
        return jax.ops.segment_sum(rows, labels, num_classes)

    def multiplied(rows: jax.Array) -> jax.Array:
        member = labels[:, None] == jnp.arange(num_classes, dtype=labels.dtype)[None]
        return dot(member.astype(rows.dtype), rows, (0, 0))

    return lax.platform_dependent(rows, cpu=scattered, default=multiplied)
