"""Batches as one array: every length and filling, on the device and on the host."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from disco_jax.extraction.device_rows import gathered

ROOMS = {"device": (1 << 30, jax.Array), "host": (0, np.ndarray)}


def batches(rows, size):
    """In equal lengths, the last one filled up with -1."""
    for start in range(0, len(rows["a"]), size):
        count = min(size, len(rows["a"]) - start)
        yield jax.tree.map(partial(filled, start, count, size), rows), count


def filled(start, count, size, leaf):
    rest = np.full((size - count, *leaf.shape[1:]), -1, leaf.dtype)
    return jnp.asarray(np.concatenate([leaf[start : start + count], rest]))


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize(("total", "size"), [(12, 4), (13, 4), (3, 4), (4, 4), (5, 1)])
def test_gathered(total, size, room):
    rows = {
        "a": np.arange(total * 3, dtype=np.float32).reshape(total, 3),
        "b": np.arange(total, dtype=np.int32),
    }
    allowed, kind = ROOMS[room]
    whole = gathered(batches(rows, size), total, allowed)
    assert all(isinstance(leaf, kind) for leaf in whole.values())
    jax.tree.map(np.testing.assert_array_equal, whole, rows)


@pytest.mark.parametrize("room", [1 << 30, 0])
def test_batches_that_are_filled_up_before_the_last(room):
    parts = [(jnp.array([1, 2, -1]), 2), (jnp.array([3, -1, -1]), 1), (jnp.array([4, 5, 6]), 3)]
    np.testing.assert_array_equal(gathered(iter(parts), 6, room), [1, 2, 3, 4, 5, 6])


def test_what_just_fits_stays_on_the_device():
    parts = [(jnp.ones((2, 3), jnp.float32), 2), (jnp.ones((2, 3), jnp.float32), 2)]
    assert isinstance(gathered(iter(parts), 4, 4 * 3 * 4), jax.Array)
    assert isinstance(gathered(iter(parts), 4, 4 * 3 * 4 - 1), np.ndarray)
