"""Rows that come from a device in batches, as one array: there, if there is room, or on the host.

On the device a batch is written into its place of one array (total, ...), whose memory is used
again, so that nothing is there twice. Batches may be filled up: what follows the rows that count is
overwritten by the next batch, or cut off at the end.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from disco_jax.machine import memory_bytes

SHARE = 4  # of the device's memory features take a part in so many


def gathered(batches: Iterator[tuple[Any, int]], total: int, room: int) -> Any:
    """Trees of arrays (b, ...), and how many of their rows count, as one tree of (total, ...).

    The arrays are jax's where they take no more than ``room`` bytes, NumPy's otherwise.
    """
    whole, start = None, 0
    for batch, rows in batches:
        if whole is None:
            stays = sum(total * leaf[0].nbytes for leaf in jax.tree.leaves(batch)) <= room
            zeros, place = (jnp.zeros, _placed) if stays else (np.zeros, _copied)
            whole = jax.tree.map(partial(_empty, zeros, total), batch)
        whole = place(whole, jax.tree.map(partial(_cut, total - start), batch), start)
        start += rows
    return whole


def device_room() -> int:
    """Bytes of the device that features may take; a processor's memory is that of the machine."""
    told = jax.local_devices()[0].memory_stats() or {}
    return int(told.get("bytes_limit", memory_bytes())) // SHARE


def _empty(zeros: Any, total: int, leaf: jax.Array) -> Any:
    return zeros((total, *leaf.shape[1:]), leaf.dtype)


def _cut(left: int, leaf: jax.Array) -> jax.Array:
    return leaf if len(leaf) <= left else leaf[:left]


@partial(jax.jit, donate_argnums=0)
def _placed(whole: Any, batch: Any, start: int) -> Any:
    write = partial(lax.dynamic_update_slice_in_dim, start_index=start, axis=0)
    return jax.tree.map(write, whole, batch)


def _copied(whole: Any, batch: Any, start: int) -> Any:
    for rows, more in zip(jax.tree.leaves(whole), jax.tree.leaves(batch), strict=True):
        rows[start : start + len(more)] = more
    return whole
