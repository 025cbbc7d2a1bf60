"""LogME: the log evidence of a Bayesian linear model of the labels on the (uncentred) features.

    evidence = [d/2 ln a + n/2 ln b - 1/2 ln det(a I + b G) - b/2 |t - X w|^2 - a/2 |w|^2
                - n/2 ln 2 pi] / n,        G = X^T X,    w = (G + tau I)^-1 X^T t,    tau = a/b

per column t of the one-hot labels (or targets), then the mean over columns. a and b start at 1 for
every column and follow MacKay's rounds: gamma = tr G (G + tau)^-1, a = gamma/(|w|^2 + 1e-5),
b = (n - gamma)/(|t - X w|^2 + 1e-5), until tau changes by at most 1e-3 or 11 rounds; a and b of the
last round meet the residual and |w| that gave them.

The spectrum is centred and G is not: G = V S^2 V^T + n mu mu^T, so every function of G + tau is
the one of a diagonal plus a rank-one term (Sherman-Morrison, determinant lemma). mu outside the
row space (n <= d) is one more direction without variance. All of d counts: null directions give
ln a each.

``compat="published"`` reproduces the published code, which counts only min(n, d) of the directions
in the determinant: for n < d it is larger by (d - n)/(2n) ln a and ranks models by their width.

Cost: n k t for X^T t, then O(k t) a round in float64. Needs all triplets of the spectrum.
Degenerate cases. Constant features: G has the one direction mu; all 0: none, and a cancels. A class
without samples is left out of the mean. Perfect fits are finite by the 1e-5. Higher is better;
depends on the scale of features.

Reference: You et al., ICML 2021; JMLR 2022 (rounds and evidence are the latter's).
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_choice, check_labels, check_targets
from ._precision import dot, in_double, wide
from ._rows import sample_weights
from ._spectrum import Spectrum

ROUNDS = 11
COMPAT = ("exact", "published")


@partial(jax.jit, static_argnames=("num_classes", "compat"))
def logme(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
    compat: str = "exact",
) -> jax.Array:
    """LogME of the spectrum's features for integer ``labels`` (n,)."""
    n = spectrum.coordinates.shape[0]
    check_labels(labels, n, num_classes)
    columns = labels[:, None] == jnp.arange(num_classes, dtype=labels.dtype)[None]
    columns = columns.astype(spectrum.coordinates.dtype)
    return _mean_evidence(spectrum, columns, where, width, compat, drop_empty=True)


@partial(jax.jit, static_argnames="compat")
def logme_regression(
    spectrum: Spectrum,
    targets: jax.Array,
    *,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
    compat: str = "exact",
) -> jax.Array:
    """LogME of the spectrum's features for real ``targets`` (n,) or (n, t)."""
    t = check_targets(targets, spectrum.coordinates.shape[0]).astype(spectrum.coordinates.dtype)
    return _mean_evidence(spectrum, t, where, width, compat, drop_empty=False)


def _mean_evidence(
    spectrum: Spectrum, columns: jax.Array, where: Any, width: Any, compat: str, drop_empty: bool
) -> jax.Array:
    check_choice("compat", compat, COMPAT)
    rows = spectrum.coordinates
    weights = sample_weights(where, rows)
    columns = jnp.where(weights[:, None] > 0, columns, 0)

    def evidence() -> jax.Array:
        d = jnp.asarray(spectrum.basis.shape[0] if width is None else width, wide())
        w, t = weights.astype(wide())[:, None], columns.astype(wide())
        n, sums = jnp.sum(w), jnp.sum(w * t, 0)
        mean, basis = spectrum.mean.astype(wide()), spectrum.basis.astype(wide())
        inside = dot(mean[None], basis, (1, 0))[0]
        outside = jnp.sqrt(jnp.maximum(jnp.sum(mean * mean) - jnp.sum(inside * inside), 0))
        m = jnp.append(inside, outside)
        squares = jnp.append(spectrum.singular_values.astype(wide()) ** 2, 0)
        centred = t - sums[None] / n
        b = dot(rows.astype(wide()), w * centred, (0, 0))
        b = jnp.concatenate([b, jnp.zeros((1, t.shape[1]), wide())])
        alive = jnp.arange(squares.shape[0], dtype=jnp.int32) < spectrum.rank
        direction = jnp.minimum(n, d) if compat == "published" else d
        each = jax.vmap(partial(_evidence, squares, alive, m, n, d, direction), in_axes=(1, 0, 0))
        values = each(b, jnp.sum(w * centred * centred, 0), sums)
        present = jnp.sum(w * t * t, 0) > 0 if drop_empty else jnp.ones_like(sums, bool)
        return jnp.mean(values, where=present)

    return in_double(evidence, rows.dtype)


def _evidence(
    squares: jax.Array,
    alive: jax.Array,
    m: jax.Array,
    n: jax.Array,
    d: jax.Array,
    counted: jax.Array,
    b: jax.Array,
    length: jax.Array,
    total: jax.Array,
) -> jax.Array:
    """Evidence of one column: ``b`` = Y^T t rotated, its centred ``length`` = |t|^2, its sum."""
    s = jnp.sqrt(squares)
    seen = jnp.where(alive, b / jnp.where(alive, s, 1), 0)
    unseen = jnp.maximum(length - jnp.sum(seen * seen), 0)

    def fit(tau: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        e = 1 / (squares + tau)
        along, across = jnp.sum(m * e * b), 1 + n * jnp.sum(m * m * e)
        w = e * b + e * m * (total - n * along) / across
        gamma = jnp.sum(squares * e) + tau * n / across * jnp.sum((m * e) ** 2)
        off = n * ((total / n - along) / across) ** 2
        return gamma, jnp.sum(w * w), unseen + jnp.sum((seen - s * w) ** 2) + off

    def step(carry: tuple) -> tuple:
        round_, _, tau, *_ = carry
        gamma, norm, left = fit(tau)
        alpha = jnp.where(gamma > 0, gamma / (norm + 1e-5), 1)
        beta = (n - gamma) / (left + 1e-5)
        change = jnp.abs(alpha / beta - tau) / tau
        return round_ + 1, change, alpha / beta, alpha, beta, norm, left

    one, zero = jnp.ones_like(length), jnp.zeros_like(length)
    start = (jnp.zeros((), jnp.int32), one, one, one, one, zero, zero)
    _, _, _, alpha, beta, norm, left = lax.while_loop(
        lambda carry: (carry[0] < ROUNDS) & (carry[1] > 1e-3), step, start
    )
    diagonal = alpha + beta * squares
    logs = jnp.sum(jnp.log(diagonal)) + jnp.log1p(n * beta * jnp.sum(m * m / diagonal))
    logs = logs + (counted - squares.shape[0]) * jnp.log(alpha)
    value = d * jnp.log(alpha) + n * jnp.log(beta) - logs - beta * left - alpha * norm
    return (value / n - jnp.log(2 * jnp.pi)) / 2
