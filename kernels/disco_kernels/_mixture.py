"""Gaussian mixture with full covariances: expectation-maximisation from given responsibilities.

    pi_k = n_k/n,   mu_k = sum_i w_i R_ik z_i/n_k,   n_k = sum_i w_i R_ik
    S_k = sum_i w_i R_ik (z_i - mu_k)(z_i - mu_k)^T/n_k + 1e-6 I
    R_ik proportional to pi_k N(z_i; mu_k, S_k)

z (n, m) rows, R (n, K). Rounds until the mean log-likelihood grows by less than 1e-3, at most 100;
``change`` is its last growth. A component without mass keeps none. Zero columns shift all
log-densities alike and change nothing. In float64: 1e-6 may be a 1e-8th of a variance. Where it is
less than the rounding of S_k, that much is added instead.

Cost K (3 n m^2 + m^3/3) a round, memory n K.

Reference: Dempster, Laird & Rubin 1977; tolerances are those of scikit-learn's GaussianMixture.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._lapack import inverse_cholesky
from ._precision import dot
from ._rows import TILE_ELEMENTS

ROUNDS = 100
TOLERANCE = 1e-3
FLOOR = 1e-6


class Mixture(NamedTuple):
    """Responsibilities and how they were reached."""

    responsibilities: jax.Array  # (n, K)
    likelihood: jax.Array  # (), mean logarithm
    change: jax.Array  # ()
    rounds: jax.Array  # ()


def mixture(rows: jax.Array, weights: jax.Array, responsibilities: jax.Array) -> Mixture:
    """The mixture of float64 ``rows`` (n, m), from a start (n, K)."""
    total = jnp.maximum(jnp.sum(weights), jnp.finfo(weights.dtype).tiny)

    def step(state: Mixture) -> Mixture:
        logs = _log_densities(rows, weights, state.responsibilities)
        each = jax.nn.logsumexp(logs, axis=1)
        likelihood = jnp.sum(jnp.where(weights > 0, weights * each, 0)) / total
        change = jnp.abs(likelihood - state.likelihood)
        return Mixture(jnp.exp(logs - each[:, None]), likelihood, change, state.rounds + 1)

    def unfinished(state: Mixture) -> jax.Array:
        return (state.rounds < ROUNDS) & (state.change >= TOLERANCE)

    never = 0 * total + jnp.inf
    start = Mixture(responsibilities, -never, never, jnp.zeros((), jnp.int32))
    return lax.while_loop(unfinished, step, start)


def _log_densities(rows: jax.Array, weights: jax.Array, r: jax.Array) -> jax.Array:
    """``ln pi_k N(z_i; mu_k, S_k)`` of the components that ``r`` gives, (n, K)."""
    n, m = rows.shape
    masses = weights[:, None] * r
    total = jnp.sum(masses)

    def component(mass: jax.Array) -> jax.Array:
        size = jnp.sum(mass)
        share = mass / jnp.where(size > 0, size, 1)
        away = rows - dot(share[None], rows, (1, 0))
        scatter = dot(away * share[:, None], away, (0, 0))
        rounding = m * jnp.finfo(rows.dtype).eps * jnp.trace(scatter)
        scatter = scatter + jnp.maximum(FLOOR, rounding) * jnp.eye(m, dtype=rows.dtype)
        lower, inverse = inverse_cholesky(scatter)
        white = dot(away, inverse, (1, 1))
        logs = jnp.sum(white * white, 1) / -2 - jnp.sum(jnp.log(jnp.diag(lower)))
        logs = logs - m / 2 * jnp.log(2 * jnp.pi) + jnp.log(jnp.where(size > 0, size / total, 1))
        return jnp.where(size > 0, logs, -jnp.inf)

    at_once = max(1, TILE_ELEMENTS // (n * m))
    return lax.map(component, masses.T, batch_size=min(at_once, r.shape[1])).T
