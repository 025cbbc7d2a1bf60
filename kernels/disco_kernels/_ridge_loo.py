"""Leave-one-out of a ridge regression, exact and without refitting: a linear probe in closed form.

    minimise sum_{l != i} |y_l - b - W^T x_l|^2 + lam |W|^2   for every sample i, then predict y_i

With the centred X = U S V^T, Yc the targets less their mean, f_j = s_j^2/(s_j^2 + lam):

    error e_i = (Yc - U diag(f) U^T Yc)_i/(1 - h_i),    h_i = 1/n + sum_j f_j U_ij^2

    classes   accuracy of argmax(Y_i - e_i), Y (n, C) one-hot
    targets   R^2 = 1 - sum |e_i|^2/sum |Yc_i|^2, over all t columns of targets together

each the best over the eight lam = s_1^2 10^p, p = -6 .. 1. The intercept is not penalised. An
integer weight is a repeated sample of which one copy is left out (less than one: all of it).

Where the rank is one less than the samples, U and the constant span everything: Yc = U U^T Yc and
1 = 1/n + sum U_ij^2. Then f - 1 takes the place of f, so that nothing cancels where lam is small.

Cost 2 n k C + 16 n k C operations, memory one tile of samples by 8 C. Needs all triplets.
Degenerate cases. Constant features predict the mean of the others. A single sample: 0. Targets
without spread: 0. A class without samples is never predicted. Invariant to scale and rotation.

Reference: Allen, Technometrics 1974 (PRESS); Golub, Heath and Wahba, Technometrics 1979.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._checks import check_labels, check_targets
from ._precision import dot
from ._rows import sample_count, sample_weights, sum_tiles
from ._spectrum import Spectrum

PENALTIES = 10.0 ** np.arange(-6, 2)  # of the largest squared singular value


@partial(jax.jit, static_argnames="num_classes")
def ridge_loo(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
) -> jax.Array:
    """Leave-one-out accuracy of ridge regression on the one-hot ``labels`` (n,)."""
    t = spectrum.coordinates
    check_labels(labels, t.shape[0], num_classes)
    one_hot = labels[:, None] == jnp.arange(num_classes, dtype=labels.dtype)[None]
    y = one_hot.astype(t.dtype)

    def right(error: jax.Array, start: jax.Array, size: int) -> jax.Array:
        own = lax.dynamic_slice_in_dim(y, start, size)
        guess = jnp.argmax(own[:, None] - error, 2)
        return (guess == jnp.argmax(own, 1)[:, None]).astype(t.dtype)

    weights = sample_weights(where, t)
    hits = _sum_left_out(spectrum, y, weights, right)
    alone = sample_count(weights) <= 1
    return jnp.where(alone, 0, jnp.max(hits) / _positive(jnp.sum(weights)))


@jax.jit
def ridge_loo_regression(
    spectrum: Spectrum, targets: jax.Array, *, where: jax.Array | None = None
) -> jax.Array:
    """Leave-one-out R^2 of ridge regression on ``targets`` (n,) or (n, t)."""
    t = spectrum.coordinates
    y = check_targets(targets, t.shape[0]).astype(t.dtype)
    weights = sample_weights(where, t)

    def squares(error: jax.Array, start: jax.Array, size: int) -> jax.Array:
        return jnp.sum(error**2, 2)

    y = _centred(y, weights)
    left = jnp.min(_sum_left_out(spectrum, y, weights, squares))
    spread = jnp.sum(weights[:, None] * y**2)
    return jnp.where(spread > 0, 1 - left / _positive(spread), 0)


def _sum_left_out(
    spectrum: Spectrum,
    targets: jax.Array,
    weights: jax.Array,
    gain: Callable[[jax.Array, jax.Array, int], jax.Array],
) -> jax.Array:
    """``sum_i w_i gain(e_i)`` for every penalty, (8,); ``gain`` sees the errors (size, 8, t)."""
    s, rows = spectrum.singular_values, spectrum.coordinates
    n, k = rows.shape
    y, total = _centred(targets, weights), _positive(jnp.sum(weights))
    spans = spectrum.rank >= jnp.sum(weights > 0, dtype=jnp.int32) - 1
    counted = (jnp.arange(k, dtype=jnp.int32) < spectrum.rank)[:, None]
    part = jnp.where(counted, (s / _positive(s[0]))[:, None] ** 2, 1)
    lam = jnp.asarray(PENALTIES, s.dtype)[None]
    f = jnp.where(counted, jnp.where(spans, -lam, part) / (part + lam), 0)
    inverse = jnp.where(counted[:, 0], 1 / _positive(s), 0)

    loadings = dot(rows * inverse[None], y * weights[:, None], (0, 0))
    slopes = (f[:, :, None] * loadings[:, None]).reshape(k, -1)

    def term(start: jax.Array, fresh: jax.Array, size: int) -> jax.Array:
        of, w, own = (lax.dynamic_slice_in_dim(x, start, size) for x in (rows, weights, y))
        u = of * inverse[None]
        fit = dot(u, slopes, (1, 0)).reshape(size, lam.size, -1)
        copy = jnp.minimum(w, 1)
        mean = jnp.where(spans, 1 / _positive(w), 1 / total)
        keep = (1 - copy * mean)[:, None] - copy[:, None] * dot(u * u, f, (1, 0))
        error = jnp.where(spans, 0, own)[:, None] - fit
        error = error / jnp.maximum(keep, jnp.finfo(s.dtype).eps)[:, :, None]
        return jnp.sum(jnp.where(fresh & (w > 0), w, 0)[:, None] * gain(error, start, size), 0)

    return sum_tiles(term, n, k + lam.size * targets.shape[1])


def _centred(targets: jax.Array, weights: jax.Array) -> jax.Array:
    """Targets less their weighted means, twice so that large means do not cancel."""
    present = weights[:, None] > 0
    for _ in range(2):
        targets = jnp.where(present, targets, 0)
        mean = dot(weights[None], targets, (1, 0)) / _positive(jnp.sum(weights))
        targets = jnp.where(present, targets - mean, 0)
    return targets


def _positive(x: jax.Array) -> jax.Array:
    """The value where positive, else 1: a denominator."""
    return jnp.where(x > 0, x, 1)
