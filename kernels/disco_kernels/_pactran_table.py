"""PACTran on the source head's outputs: bounds on the error of a table from source to target class.

    a_y = alpha n_y/n + 1e-10,   L = ln(P + 1e-10),   q = P,   then ten rounds of
        A_yz = a_y + sum_{i: y_i = y} q_iz
        q_iz proportional to exp(L_iz + psi(A_{y_i z}) - psi(sum_y A_yz)),   sum_z q_iz = 1

    dirichlet = 1/(nC) {sum_z [lnG(alpha) - sum_y lnG(a_y) - lnG(sum_y A_yz) + sum_y lnG(A_yz)]
                        - sum_iz q_iz (ln q_iz - L_iz)}
    gamma = -1 - 1/(nC) {sum_yz [lnG(a_y) - lnG(A_yz)]
                         + sum_i [sum_z q_iz (ln q_iz - L_iz) + ln l_i - 1]}
            with the rounds without the second psi, and l_i = sum_z P_iz sum_y A_yz

P (n, Z) softmax of the logits, psi and lnG the digamma and log-gamma functions, A and q of the last
round. Both published values are minus these: lower is better there. The published gamma form never
updates the rates of its distributions, nor does this one. Responsibilities of a mixture serve as P:
hand over their logarithms.

Cost 11 n Z exponentials, memory a tile of samples by Z and C Z. C counts the classes that have
samples; a class without changes nothing. One class: dirichlet is 0 but for the 1e-10. Higher is
better.

Reference: Ding et al., PACTran, ECCV 2022.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.special import digamma, gammaln

from ._checks import check_labels, check_matrix
from ._class_sums import class_sums
from ._precision import dot, in_double, wide
from ._rows import sample_weights, sum_tiles

ROUNDS = 10
TINY = 1e-10


class Table(NamedTuple):
    """What both forms read of the last round."""

    total: jax.Array  # (), n
    present: jax.Array  # (C,), which classes have samples
    prior: jax.Array  # (C, 1), a
    mass: jax.Array  # (C, Z), A, and 0 for classes without samples
    divergence: jax.Array  # (), sum_iz q_iz (ln q_iz - L_iz)
    rates: jax.Array  # (), sum_i ln l_i


@partial(jax.jit, static_argnames=("num_classes", "alpha"))
def pactran_dirichlet(
    logits: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    alpha: float = 1.0,
    where: jax.Array | None = None,
) -> jax.Array:
    """PACTran with a Dirichlet prior, of source ``logits`` (n, Z); higher is better."""
    table, dtype = _table(logits, labels, num_classes, alpha, where, True)

    def score() -> jax.Array:
        a, mass = table.prior.astype(wide()), table.mass.astype(wide())
        columns = gammaln(jnp.asarray(alpha, a.dtype)) - gammaln(jnp.sum(mass, 0))
        inside = jnp.sum(columns) + _log_gamma_ratio(table.present, a, mass)
        return _mean(inside - table.divergence.astype(a.dtype), table)

    return in_double(score, dtype)


@partial(jax.jit, static_argnames=("num_classes", "alpha"))
def pactran_gamma(
    logits: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    alpha: float = 1.0,
    where: jax.Array | None = None,
) -> jax.Array:
    """PACTran with a gamma prior, of source ``logits`` (n, Z); higher is better."""
    table, dtype = _table(logits, labels, num_classes, alpha, where, False)

    def score() -> jax.Array:
        a, mass = table.prior.astype(wide()), table.mass.astype(wide())
        samples = table.divergence + table.rates - table.total
        inside = samples.astype(a.dtype) - _log_gamma_ratio(table.present, a, mass)
        return -1 - _mean(inside, table)

    return in_double(score, dtype)


def _log_gamma_ratio(present: jax.Array, a: jax.Array, mass: jax.Array) -> jax.Array:
    """``sum_yz lnG(A_yz) - lnG(a_y)``."""
    there = present[:, None]
    ratio = gammaln(jnp.where(there, mass, 1)) - gammaln(jnp.where(there, a, 1))
    return jnp.sum(jnp.where(there, ratio, 0))


def _mean(inside: jax.Array, table: Table) -> jax.Array:
    """Divided by n and C."""
    cells = table.total.astype(inside.dtype) * jnp.sum(table.present).astype(inside.dtype)
    return inside / jnp.maximum(cells, jnp.finfo(inside.dtype).tiny)


def _table(
    logits: jax.Array,
    labels: jax.Array,
    num_classes: int,
    alpha: float,
    where: jax.Array | None,
    second_psi: bool,
) -> tuple[Table, Any]:
    check_matrix("logits", logits)
    n, z = logits.shape
    check_labels(labels, n, num_classes)
    weights = sample_weights(where, logits)
    dtype = weights.dtype
    labels = jnp.clip(labels, 0, num_classes - 1)
    counts = class_sums(weights, labels, num_classes)
    total, present = jnp.sum(weights), counts > 0
    prior = alpha * counts / jnp.maximum(total, jnp.finfo(dtype).tiny) + TINY
    prior = jnp.where(present, prior, 0)[:, None]

    def part(start: Any, size: int) -> tuple[jax.Array, jax.Array, jax.Array]:
        x, y, w = (
            lax.dynamic_slice_in_dim(each, start, size) for each in (logits, labels, weights)
        )
        return jax.nn.softmax(jnp.where(w[:, None] > 0, x.astype(dtype), 0), axis=1), y, w

    def scores(mass: jax.Array) -> jax.Array:
        def psi() -> jax.Array:
            a = mass.astype(wide())
            found = digamma(jnp.where(present[:, None], a, 1))
            return found - digamma(jnp.sum(a, 0, keepdims=True)) if second_psi else found

        return in_double(psi, dtype)

    def assigned(p: jax.Array, y: jax.Array, score: jax.Array) -> jax.Array:
        return jax.nn.log_softmax(jnp.log(p + TINY) + score[y], axis=1)

    def joint(score: jax.Array | None) -> jax.Array:
        def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
            p, y, w = part(start, size)
            q = p if score is None else jnp.exp(assigned(p, y, score))
            return class_sums(q * jnp.where(fresh, w, 0)[:, None], y, num_classes)

        return jnp.where(present[:, None], prior + sum_tiles(term, n, z), 0)

    mass = lax.fori_loop(1, ROUNDS, lambda _, mass: joint(scores(mass)), joint(None))
    score, columns = scores(mass), jnp.sum(mass, 0)[:, None]

    def ends(start: Any, fresh: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
        p, y, w = part(start, size)
        w = jnp.where(fresh, w, 0)
        log_q = assigned(p, y, score)
        divergence = jnp.sum(jnp.exp(log_q) * (log_q - jnp.log(p + TINY)), 1)
        rate = jnp.log(jnp.where(w > 0, dot(p, columns, (1, 0))[:, 0], 1))
        return jnp.sum(w * divergence), jnp.sum(w * rate)

    return Table(total, present, prior, mass, *sum_tiles(ends, n, z)), dtype
