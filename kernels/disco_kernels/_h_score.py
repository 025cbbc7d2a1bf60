"""H-score: how much of the features' spread lies between the classes, with every direction scaled.

    plain    H = tr(St^+ Sb)                      St = Xc^T Xc,  Sb = sum_c n_c (mu_c-mu)(mu_c-mu)^T
    shrunk   H = (1-a)/(n-1) tr(S_a^-1 Sb)        S_a = (1-a) S + a m I,  S = St/n,  m = tr S/d
    a = min(b2, d2)/d2 (Ledoit and Wolf),         d2 = |S - m I|_F^2/d,
                                                  b2 = (sum_i |x_i - mu|^4/n - |S|_F^2)/(d n)

X (n, d) features, mu_c (d,) class means, n_c class sizes. St is diag(s_j^2) in the basis of the
spectrum, so with t_i the spectral coordinates and b_j = sum_c (sum_{i in c} t_ij)^2/n_c both are
weighted sums of b: no d x d matrix is formed, let alone inverted, and |x_i - mu| = |t_i|.

The plain form is C-1 for *all* features of full rank once n <= d + 1: it then says nothing.

Cost n k. Needs all triplets of the spectrum. Degenerate cases. Constant features, one class: 0.
A class without samples changes nothing. Only components within the rank of the spectrum enter the
traces. All directions vary alike (d2 = 0; d = 1 too): a = 1, the limit, and the shrunk form is 0.
Higher is better; neither form depends on the scale of the features.

References: Bao et al., ICIP 2019; Ibrahim et al., ECML 2022; Ledoit and Wolf, J. Multivariate
Analysis 2004.
"""

from functools import partial

import jax
import jax.numpy as jnp

from ._checks import check_labels
from ._class_sums import class_sums
from ._precision import in_double, wide
from ._rows import sample_weights
from ._spectrum import Spectrum


@partial(jax.jit, static_argnames="num_classes")
def h_score(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
) -> jax.Array:
    """H-score of the spectrum's features for integer ``labels`` (n,)."""

    def score() -> jax.Array:
        squares = spectrum.singular_values.astype(wide()) ** 2
        between = _between(spectrum, labels, where, num_classes)
        return jnp.sum(between / jnp.where(squares > 0, squares, 1))

    return in_double(score, spectrum.coordinates.dtype)


@partial(jax.jit, static_argnames="num_classes")
def h_score_shrunk(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> jax.Array:
    """H-score with the Ledoit-Wolf covariance, for integer ``labels`` (n,)."""
    t = spectrum.coordinates

    def score() -> jax.Array:
        d = jnp.asarray(spectrum.basis.shape[0] if width is None else width, wide())
        weights = sample_weights(where, t).astype(wide())
        n = jnp.maximum(jnp.sum(weights), jnp.finfo(weights.dtype).tiny)
        lengths = jnp.sum(t * t, 1).astype(wide())
        fourth = jnp.sum(jnp.where(weights > 0, weights * lengths**2, 0))
        variances = spectrum.singular_values.astype(wide()) ** 2 / n
        m = jnp.sum(variances) / d
        d2 = (jnp.sum((variances - m) ** 2) + (d - t.shape[1]) * m**2) / d
        b2 = (fourth / n - jnp.sum(variances**2)) / (d * n)
        a = jnp.where(b2 < d2, jnp.maximum(b2, 0) / jnp.where(d2 > 0, d2, 1), 1)
        shrunk = (1 - a) * variances + a * m
        trace = jnp.sum(
            _between(spectrum, labels, where, num_classes) / jnp.where(shrunk > 0, shrunk, 1)
        )
        return jnp.where(n > 1, (1 - a) * trace / jnp.where(n > 1, n - 1, 1), 0)

    return in_double(score, t.dtype)


def _between(
    spectrum: Spectrum, labels: jax.Array, where: jax.Array | None, num_classes: int
) -> jax.Array:
    """Spread between the class means along each component, (k,); 0 beyond the rank."""
    t = spectrum.coordinates
    check_labels(labels, t.shape[0], num_classes)
    weights = sample_weights(where, t)
    counts = class_sums(weights, labels, num_classes).astype(wide())
    sums = class_sums(t * weights[:, None], labels, num_classes).astype(wide())
    between = jnp.sum(sums**2 / jnp.where(counts > 0, counts, 1)[:, None], 0)
    return jnp.where(jnp.arange(t.shape[1], dtype=jnp.int32) < spectrum.rank, between, 0)
