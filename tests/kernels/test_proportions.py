"""How a spectrum is split into groups, and the shares of the groups."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import groups as oracle
from ..problems import PROBLEMS
from .table import EPS, SHARES, close, over, shares, within

S = [4.0, 2, 1, 1, 2, 0]  # not in order: what is shared out does not depend on it


def of(values, kept=None, dtype=np.float32):
    """A spectrum that is only its values, the first `kept` of them."""
    values = np.asarray(values, dtype)
    k = len(values)
    kept = jnp.int32(k if kept is None else kept)
    vectors = jnp.zeros((k, k), dtype)
    zero = jnp.zeros((), dtype)
    number = dict(rank=kept, residual=zero, rounds=jnp.int32(0), kept=kept)
    return dk.Spectrum(jnp.asarray(values), vectors, vectors, vectors[0], **number)


@pytest.mark.parametrize("groups", [1, 3, 8, 100])
@over(PROBLEMS)
def test_shares_of_any_number_of_groups(row, groups):
    """Against the oracle; descending, and with what no group holds they sum to 1."""
    s = dk.spectrum(row.features, method="full")
    r = np.asarray(dk.proportions(s, groups=groups), np.float64)
    within(r, shares(row, None, groups), SHARES)
    assert np.all(r >= 0)
    assert np.all(np.diff(r) <= 0)
    values, k = np.asarray(s.singular_values, np.float64), len(s.singular_values)
    left = values[k - k % min(groups, k) :].sum() / (values.sum() or 1)
    within(r.sum() + left, 1, SHARES)
    within(dk.spectral_share(s, components=k, groups=groups), r[0], EPS["float32"])
    found = dk.spectral_share(s, components=k, groups=groups, first=2)
    within(found, r[:2].sum(), EPS["float32"])


def test_by_hand():
    eps = EPS["float32"]
    close(dk.proportions(of(S[:5]), groups=2), [0.6, 0.2], eps)  # the fifth belongs to no group
    close(dk.proportions(of(S[:5]), groups=8), [0.4, 0.2, 0.1, 0.1, 0.2, 0, 0, 0], eps)
    close(dk.proportions(of(S[:4]), groups=2), [0.75, 0.25], eps)
    close(dk.proportions(of([3.0])), [1, 0, 0, 0, 0, 0, 0, 0], eps)
    close(dk.spectral_share(of(S[:5]), groups=2), 0.6, eps)
    close(dk.spectral_share(of(S[:5]), groups=2, first=2), 0.8, eps)
    assert dk.proportions(of(S[:5], dtype=np.float64)).dtype == jnp.float64


@pytest.mark.parametrize("groups", [1, 2, 4, 5, 8])
@pytest.mark.parametrize("kept", range(1, 7))
def test_a_traced_length_is_a_shorter_spectrum(kept, groups):
    padded = np.where(np.arange(6) < kept, S[::-1], 0.0)
    found = jax.jit(lambda k: dk.proportions(of(padded)._replace(kept=k), groups=groups))(kept)
    expected = dk.proportions(of(padded[:kept]), groups=groups)
    close(found, expected, EPS["float32"])
    known = oracle.proportions(padded[:kept], groups)
    if padded.any():
        close(expected, np.pad(known, (0, groups - len(known))), EPS["float32"])


def test_nothing_is_shared_alike_by_the_groups_there_are():
    close(dk.proportions(of(np.zeros(20))), np.full(8, 1 / 8), EPS["float32"])
    close(dk.proportions(of(np.zeros(20), kept=3)), [1 / 3] * 3 + [0] * 5, EPS["float32"])
    close(dk.proportions(of(np.zeros(20), kept=0)), np.zeros(8))


def test_gradient_of_a_share():
    """d r_1 / d s_j = ([j in 1] - r_1) / sum s."""
    s = of(S[:4], dtype=np.float64)
    found = jax.grad(lambda v: dk.spectral_share(s._replace(singular_values=v), groups=2))(
        s.singular_values
    )
    close(found, (np.array([1, 1, 0, 0]) - 0.75) / 8, 1e-14)
