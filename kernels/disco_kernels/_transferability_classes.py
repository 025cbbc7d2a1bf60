"""How well each spectral component tells the classes apart: nearest-centroid posteriors.

    logit_c(i) = -1/2 (t_i - mu_c)^T L^-1 (t_i - mu_c) + ln pi_c,    q_g = mean_i p(y_i | t_i)

t_i (m,) coordinates of sample i in group g (distances there equal distances in Z_g = U_g S_g
V_g^T, which is never built), mu_c (m,) class means, pi_c = n_c/n, softmax over the C classes,
mean with the sample weights. Covariances, with S = sum_c sum_{i in c} (t_i - mu_c)(t_i - mu_c)^T
/ n, S_c that of class c alone, and shrinkage a:

    identity   L = I, the paper's; depends on the scale of the features
    shared     L = (1 - a) S + a tr(S)/m I, free of scale
    class      L_c = (1 - a) S_c + a tr(S)/m I and the term -1/2 ln|L_c|; free of scale

``leave_one_out`` takes sample i out of its own class mean; basis, priors, covariance and the
other means stay. The own distance then grows by (n_c/(n_c - w))^2, w = min(w_i, 1): one copy of
the sample.

Only p(y_i) is wanted of the softmax, so it is computed as 1/sum_c exp(logit_c - logit_y): there
is no maximum to find, and an overflow is a probability of zero. With one covariance for all
classes |t_i|^2 cancels and the logits are one product with the class means.

Cost 2 n C k operations and n C G exponentials (class: m times the operations); memory one tile of
samples times C times G.

Degenerate cases. Components beyond the rank of the spectrum count as zero where the covariance is
free of scale. An empty class has prior 0 and never wins. The only sample of a class sits on its
own centroid; left out, it has probability 0. One class: q = 1. Where tr(S) = 0 (every sample on its
class mean) L = I. A group without extent (constant features) has the priors as posterior. Groups
that do not exist have q = 0. Samples with a label outside 0..C-1 count as absent.

Reference: arXiv 2412.19085, section 3; the paper prints the class form without its log-determinant.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._class_sums import class_sums
from ._lapack import inverse_cholesky
from ._precision import HIGHEST
from ._proportions import Groups
from ._rows import sum_tiles, total_over

COVARIANCES = ("identity", "shared", "class")
LOGIT_CAP = 80.0  # exp of it is finite in float32, and so are a thousand of them added up


class Samples(NamedTuple):
    """Coordinates by group with labels and weights, over which the kernels here run in tiles."""

    coordinates: jax.Array  # (n, k)
    labels: jax.Array  # (n,)
    weights: jax.Array  # (n,)
    groups: Groups
    num_classes: int

    def tile(
        self, start: jax.Array, fresh: jax.Array, size: int
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Coordinates (G, size, m), labels and weights of one tile."""
        t = lax.dynamic_slice_in_dim(self.coordinates, start, size)[:, self.groups.members]
        t = jnp.where(self.groups.inside[None], t, 0).swapaxes(0, 1)
        y = lax.dynamic_slice_in_dim(self.labels, start, size)
        return t, y, jnp.where(fresh, lax.dynamic_slice_in_dim(self.weights, start, size), 0)


class Model(NamedTuple):
    """Class means, log priors, and the whitening of the covariance where there is one."""

    means: jax.Array  # (G, C, m), whitened where the covariance is shared
    counts: jax.Array  # (C,)
    bias: jax.Array  # (G, C): log prior, less half a log-determinant
    root: jax.Array | None  # L^-1/2: (G, m, m) or (G, C, m, m)


def class_transferability(
    coordinates: jax.Array,
    rank: jax.Array,
    labels: jax.Array,
    weights: jax.Array,
    groups: Groups,
    *,
    num_classes: int,
    covariance: str,
    shrinkage: float,
    leave_one_out: bool,
    axis_name: str | None,
) -> jax.Array:
    """q_g of every group, (G,)."""
    n, k = coordinates.shape
    if covariance != "identity":  # free of scale: it would take the rounding of null ones for data
        real = jnp.arange(k, dtype=rank.dtype) < rank
        coordinates = jnp.where(real[None], coordinates, 0)
    weights = jnp.where((labels >= 0) & (labels < num_classes), weights, 0)
    samples = Samples(coordinates, labels, weights, groups, num_classes)
    model = _fit(samples, covariance, shrinkage, axis_name)
    g, m = groups.members.shape
    numbers = g * num_classes * (m if covariance == "class" else 1)

    def term(start: jax.Array, fresh: jax.Array, size: int) -> jax.Array:
        t, y, w = samples.tile(start, fresh, size)
        p = _own_probability(model, t, y, w, leave_one_out)
        return jnp.sum(jnp.where(w[None] > 0, p * w[None], 0), 1)

    total = jnp.sum(model.counts)
    q = total_over(sum_tiles(term, n, numbers), axis_name) / jnp.where(total > 0, total, 1)
    return jnp.where(groups.exists, q, 0)


def _fit(samples: Samples, covariance: str, shrinkage: float, axis_name: str | None) -> Model:
    n, k = samples.coordinates.shape
    c = samples.num_classes
    g, m = samples.groups.members.shape

    def sums(start: jax.Array, fresh: jax.Array, size: int) -> jax.Array:
        t, y, w = samples.tile(start, fresh, size)
        rows = jnp.concatenate(
            [jnp.ones((size, 1), t.dtype), t.swapaxes(0, 1).reshape(size, -1)], 1
        )
        return class_sums(rows * w[:, None], y, c)

    both = total_over(sum_tiles(sums, n, k), axis_name)
    counts, means = both[:, 0], both[:, 1:].reshape(c, g, m).swapaxes(0, 1)
    present = counts > 0
    safe = jnp.where(present, counts, 1)
    means = means / safe[None, :, None]
    prior = jnp.log(safe) - jnp.log(jnp.maximum(jnp.sum(counts), 1e-30))
    bias = jnp.broadcast_to(jnp.where(present, prior, -1e30)[None], (g, c))
    if covariance == "identity":
        return Model(means, counts, bias, None)

    def scatter(start: jax.Array, fresh: jax.Array, size: int) -> jax.Array:
        t, y, w = samples.tile(start, fresh, size)
        z = (t - means[:, jnp.clip(y, 0, c - 1)]).swapaxes(0, 1)
        products = z[:, :, :, None] * z[:, :, None, :] * w[:, None, None, None]
        return class_sums(products.reshape(size, -1), y, c)

    spread = total_over(sum_tiles(scatter, n, k * m), axis_name).reshape(c, g, m, m)
    shared = jnp.sum(spread, 0) / jnp.maximum(jnp.sum(counts), 1e-30)
    if covariance == "shared":
        root, _ = _whitening(shared, shared, samples.groups, shrinkage)
        return Model(_whiten(root, means), counts, bias, root)
    own = spread.swapaxes(0, 1) / safe[None, :, None, None]
    root, logs = jax.vmap(
        lambda each: _whitening(each, shared, samples.groups, shrinkage), in_axes=1, out_axes=1
    )(own)
    return Model(means, counts, bias - logs / 2, root)


def _whitening(
    spread: jax.Array, shared: jax.Array, groups: Groups, a: float
) -> tuple[jax.Array, jax.Array]:
    """``L^-1/2`` (G, m, m) and ``ln|L|`` (G,) of ``L = (1 - a) spread + a tr(shared)/m I``."""
    m = shared.shape[-1]
    eye = jnp.eye(m, dtype=shared.dtype)[None]
    size = jnp.maximum(jnp.sum(groups.inside, 1), 1).astype(shared.dtype)
    scale = jnp.trace(shared, axis1=1, axis2=2) / size
    floor = jnp.where(scale > 0, scale, 1)[:, None, None]
    full = jnp.where(scale[:, None, None] > 0, (1 - a) * spread / floor + a * eye, eye)
    taken = groups.inside[:, :, None] & groups.inside[:, None, :]
    lower, root = jax.vmap(inverse_cholesky)(jnp.where(taken, full, eye))
    logs = 2 * jnp.sum(jnp.log(jnp.diagonal(lower, axis1=1, axis2=2)), 1)
    return root / jnp.sqrt(floor), logs + size * jnp.log(floor[:, 0, 0])


def _whiten(root: jax.Array, t: jax.Array) -> jax.Array:
    """``L^-1/2 t`` for every group, sample or class, and component."""
    return jnp.einsum("gab,gib->gia", root, t, precision=HIGHEST)


def _own_probability(
    model: Model, t: jax.Array, y: jax.Array, w: jax.Array, leave_one_out: bool
) -> jax.Array:
    """p(y_i | t_i), (G, size)."""
    c = model.counts.shape[0]
    y = jnp.clip(y, 0, c - 1)
    if model.root is not None and model.root.ndim == 4:
        from_mean = t[:, :, None] - model.means[:, None]
        z = jnp.einsum("gcab,gicb->gica", model.root, from_mean, precision=HIGHEST)
        squared = jnp.sum(z * z, 3)
        logits = model.bias[:, None] - squared / 2
        own = jnp.take_along_axis(squared, y[None, :, None], 2)
    else:
        t = t if model.root is None else _whiten(model.root, t)
        length = jnp.sum(model.means * model.means, 2)
        cross = jnp.einsum("gim,gcm->gic", t, model.means, precision=HIGHEST)
        logits = cross + (model.bias - length / 2)[:, None]
        if leave_one_out:
            off = t - model.means[:, y]
            own = jnp.sum(off * off, 2, keepdims=True)
    of_own = jnp.take_along_axis(logits, y[None, :, None], 2)
    if leave_one_out:
        others = model.counts[y] - jnp.minimum(w, 1)
        alone = others <= 1e-6 * model.counts[y]
        growth = model.counts[y] / jnp.where(alone, 1, others)
        lost = jnp.where(alone, 0, (growth * growth - 1) / 2)[None, :, None] * own
        is_own = y[:, None] == jnp.arange(c, dtype=y.dtype)[None]
        logits = jnp.where(is_own[None], of_own - lost, logits)
        of_own = of_own - lost
        keep = jnp.where(alone, 0, 1).astype(t.dtype)[None]
    else:
        keep = jnp.ones((1, 1), t.dtype)
    return keep / jnp.sum(jnp.exp(jnp.minimum(logits - of_own, LOGIT_CAP)), 2)
