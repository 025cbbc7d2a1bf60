"""The linear classifier of two Gaussian classes that is best against shifts of bounded length.

    z = argmin over |z| <= epsilon |m| of  (m - z)^T S^+ (m - z),      w = S^+ (m - z)

S (d, d) the covariance that both classes share, m (d,) half the difference of their means, S^+ the
pseudo-inverse, and m the part of it in the range of S. Among all classifiers sign(w^T (x - centre))
this w has the least error if an adversary may move every sample by epsilon |m|.

The constraint is tight, so z = t (S + t I)^-1 m with a multiplier 1/t, and

    w = (S + t I)^-1 m,      |z| = t |(S + t I)^-1 m| = epsilon |m|    (the secular equation)

which is the direction of a discriminant with the ridge t. With S = F diag(D) F^T the left side
grows in t, is at least t/(max D + t) |m| and at most t/(min D + t) |m|: the root is bracketed, and
halving the logarithm of the bracket 64 times finds it to the last digit.

Cost 10 d^3 for the eigenpairs, in float64, and 64 d for the root.
Degenerate cases. epsilon = 0: t = 0 and w = S^+ m. epsilon >= 1 allows z = m: taken as just below,
where w is along m. m = 0, or S = 0: w = 0 and z = 0. Eigenvalues below d eps of the largest, eps
that of the input, are 0. Not a score.

Reference: SynBench, Ko et al., arXiv 2210.02989; Dan, Wei and Ravikumar, ICML 2020.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_matrix, check_vector
from ._lapack import eigh
from ._precision import accumulation_dtype, dot, in_double, wide

HALVINGS = 64


class RobustDirection(NamedTuple):
    """The module docstring defines each field."""

    direction: jax.Array  # w (d,)
    shift: jax.Array  # z (d,)
    ridge: jax.Array  # t ()


@jax.jit
def robust_direction(
    covariance: jax.Array, difference: jax.Array, *, epsilon: jax.Array | float = 0.0
) -> RobustDirection:
    """The robust direction for a covariance (d, d) and half a difference of means (d,)."""
    check_matrix("covariance", covariance)
    d = covariance.shape[0]
    if covariance.shape[1] != d:
        raise ValueError(f"covariance must be square, got shape {covariance.shape}")
    check_vector("difference", difference, d)
    dtype = accumulation_dtype(covariance.dtype)
    null = d * float(jnp.finfo(dtype).eps)

    def solved() -> RobustDirection:
        values, axes = eigh(covariance.astype(wide()))
        there = values > null * jnp.max(values)
        m = jnp.where(there, dot(axes, difference[:, None].astype(wide()), (0, 0))[:, 0], 0)
        t = _ridge(values, there, m, jnp.asarray(epsilon, wide()))
        w = jnp.where(there, m / jnp.where(there, values + t, 1), 0)
        direction = dot(axes, w[:, None], (1, 0))[:, 0]
        return RobustDirection(direction, t * direction, t)

    return in_double(solved, dtype)


def _ridge(values: jax.Array, there: jax.Array, m: jax.Array, epsilon: Any) -> jax.Array:
    """The root t of the secular equation; 0 where there is nothing to solve."""
    length = jnp.sqrt(jnp.sum(m * m))
    epsilon = jnp.clip(epsilon, 0, 1 - 1e-6)
    least = jnp.min(jnp.where(there, values, jnp.inf))
    least = jnp.where(jnp.isfinite(least), least, 0)
    odds = epsilon / (1 - epsilon)

    def halved(_: Any, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = ends
        t = jnp.sqrt(low) * jnp.sqrt(high)
        part = t * jnp.where(there, m / jnp.where(there, values + t, 1), 0)
        short = jnp.sqrt(jnp.sum(part * part)) < epsilon * length
        return jnp.where(short, t, low), jnp.where(short, high, t)

    ends = odds * least, odds * jnp.max(values)
    low, high = lax.fori_loop(0, HALVINGS, halved, ends)
    return jnp.where(length > 0, jnp.sqrt(low) * jnp.sqrt(high), 0)
