"""Scaling over the models of a hub."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles.disco import hub_minmax as oracle
from .table import EPS, close, identical

VALUES = np.array([3.0, -1.0, 7.0, 7.0, -1.0, 0.5], np.float32)


@pytest.mark.parametrize(
    ("values", "mask"),
    [
        (VALUES, None),
        (VALUES, [True, True, False, False, True, True]),
        (VALUES, [False, True, False, False, True, False]),  # all tied
        (VALUES, [False, False, True, False, False, False]),  # one model
        (VALUES, [False] * 6),
        (np.full(6, 4.2, np.float32), None),
        (VALUES[:1], None),
        (VALUES * np.float32(1e-30), None),
        (VALUES * np.float32(1e30), None),
        (VALUES.astype(np.float64), None),
    ],
)
def test_against_the_oracle(values, mask):
    where = None if mask is None else jnp.asarray(mask)
    found = dk.hub_minmax(jnp.asarray(values), where)
    close(found, oracle(values, mask), EPS["float32"])
    assert found.dtype == values.dtype
    assert np.all((found >= 0) & (found <= 1))


def test_by_hand():
    close(dk.hub_minmax(jnp.asarray(VALUES)), [0.5, 0, 1, 1, 0, 0.1875], EPS["float32"])


def test_what_is_masked_may_be_anything():
    mask = jnp.asarray([True, True, False, False, True, True])
    odd = jnp.where(mask, jnp.asarray(VALUES), jnp.nan)
    identical([dk.hub_minmax(odd, mask)], [dk.hub_minmax(jnp.asarray(VALUES), mask)])


def test_the_last_axis_is_the_hub():
    stacked = np.stack([VALUES, 2 * VALUES - 1, np.ones(6, np.float32)])
    mask = np.stack([VALUES > 0, VALUES < 5, VALUES > 0])
    found = dk.hub_minmax(jnp.asarray(stacked), jnp.asarray(mask))
    close(found, [oracle(v, m) for v, m in zip(stacked, mask, strict=True)], EPS["float32"])
    identical([found], [jax.vmap(dk.hub_minmax)(jnp.asarray(stacked), jnp.asarray(mask))])


def test_whole_numbers_and_narrow_ones():
    for dtype in (jnp.int32, jnp.bfloat16, jnp.float16):
        found = dk.hub_minmax(jnp.asarray([3, -1, 7]).astype(dtype))
        assert found.dtype == jnp.float32
        close(found, [0.5, 0, 1], EPS["float32"])


def test_gradient():
    """d/dv of (v_0 - v_1)/(v_2 - v_1)."""
    found = jax.grad(lambda v: dk.hub_minmax(v)[0])(jnp.array([3.0, -1.0, 7.0]))
    close(found, [1 / 8, -1 / 16, -1 / 16], EPS["float32"])
    flat = jax.grad(lambda v: dk.hub_minmax(v)[0])(jnp.ones(3))
    assert np.all(np.isfinite(flat))
