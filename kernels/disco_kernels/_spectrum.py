"""The centred thin singular value decomposition of a feature matrix.

    W^1/2 (X - 1 mu^T) = U diag(s) V^T,    T = (X - 1 mu^T) V

X (n, d) features; w (n,) weights, ``where`` (a mask, or an integer weight for a repeated sample);
mu (d,) weighted mean; s (k,) singular values, descending; V (d, k) ``basis``; T (n, k)
``coordinates``, zero in rows of weight zero. k = min(components, n, d), all of them where
``components`` is None; n counts the samples present and d is ``width`` where given, so padding
changes nothing. Both may be traced: the arrays keep their static length and end in zeros, and
``kept`` says how many triplets there are (weights may repeat samples up to more than there are
rows: then k reaches min(components, d)). Each basis vector has its largest entry positive.

Methods:
    full    every triplet from a float64 Gram matrix (float64 features: LAPACK); see ``_exact``
    gram    the leading k, by Lanczos on the float32 Gram matrix, checked on the features
    krylov  the leading k, by Lanczos on the features; see ``_truncated``
    auto    full where k is not small against min(n, d), gram for d <= 1536, krylov above

``rank`` counts the singular values over max(n, d) eps s_1 (eps of the result's dtype): wherever
U = T/s itself is used only they count. ``residual`` estimates the relative error that truncation
leaves in a DISCO score (shares: a tenth of it); it is 0 for the full method, and above 1e-4 only
where the solver stopped because a full factorisation would have been cheaper. ``rounds`` counts
passes: products with blocks of k columns, 0 for the full method.

Accuracy on float32 features: singular values within 1e-6 of the largest. Ties make a subspace
undefined, and with it scores that read it, but not values and shares.

Gradients are those of the exact decomposition whatever the method: the backward pass factorises
in full. See ``_pullback``.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_choice, check_matrix, check_positive
from ._exact import exact_basis
from ._pullback import pull_back
from ._rows import centred_rows, project, sample_weights
from ._truncated import truncated_triplets, worthwhile

METHODS = ("auto", "full", "gram", "krylov")
GRAM_WIDTH = 1536  # up to here a Gram matrix costs less than the products it saves


class Spectrum(NamedTuple):
    """Centred singular value decomposition; the module docstring defines each field."""

    singular_values: jax.Array  # (k,)
    basis: jax.Array  # (d, k)
    coordinates: jax.Array  # (n, k)
    mean: jax.Array  # (d,)
    rank: jax.Array  # ()
    residual: jax.Array  # ()
    rounds: jax.Array  # ()
    kept: jax.Array  # ()


@partial(jax.jit, static_argnames=("components", "method", "axis_name"))
def spectrum(
    features: jax.Array,
    *,
    components: int | None = None,
    method: str = "auto",
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
    axis_name: str | None = None,
) -> Spectrum:
    """Centred singular value decomposition of ``features`` (n, d), all or the leading triplets.

    ``axis_name`` names the mesh axis over which the rows are split, inside ``shard_map``.
    """
    return factor(features, components, method, where, width, axis_name)


def factor(
    features: jax.Array,
    components: int | None,
    method: str,
    where: jax.Array | None,
    width: jax.Array | int | None,
    axis_name: str | None,
    groups: int | None = None,
) -> Spectrum:
    """``spectrum`` inside other kernels; ``groups`` tells its gradient what is alike."""
    check_matrix("features", features)
    check_choice("method", method, METHODS)
    n, d = features.shape
    if components is not None:
        check_positive("components", components)
    rows_in_all = n * (1 if axis_name is None else lax.axis_size(axis_name))
    small = min(rows_in_all, d)
    k = small if components is None else min(components, small)
    if method == "auto":
        method = "gram" if d <= GRAM_WIDTH else "krylov"
    if not worthwhile(k, small):
        method = "full"
    length = k
    if components is not None and where is not None and where.dtype != bool:
        length = min(components, d)
    weights = sample_weights(where, features)
    width = jnp.asarray(d if width is None else width, jnp.int32)
    return _decompose(features, weights, width, Plan(k, length, method, groups, axis_name))


def leading(spectrum: Spectrum, components: int) -> Spectrum:
    """The first ``components`` triplets, as if no others had been asked for."""
    check_positive("components", components)
    k = components
    return spectrum._replace(
        singular_values=spectrum.singular_values[:k],
        basis=spectrum.basis[:, :k],
        coordinates=spectrum.coordinates[:, :k],
        rank=jnp.minimum(spectrum.rank, k),
        kept=jnp.minimum(spectrum.kept, k),
    )


class Plan(NamedTuple):
    """What is static about a decomposition."""

    k: int  # triplets to find
    length: int  # of the arrays, zeros beyond k
    method: str
    groups: int | None
    axis_name: str | None


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _decompose(features: jax.Array, weights: jax.Array, width: jax.Array, plan: Plan) -> Spectrum:
    k, length, method, _, axis_name = plan
    dtype = weights.dtype
    rows = centred_rows(features, weights, axis_name)
    if method == "full":
        s, basis = exact_basis(rows, k, axis_name)
        coordinates = project(rows, basis)
        residual, rounds = jnp.zeros((), dtype), jnp.zeros((), jnp.int32)
    else:
        found = truncated_triplets(rows, k, width, gram_first=method == "gram", axis_name=axis_name)
        s, basis, coordinates = found.singular_values, found.basis, found.coordinates
        residual, rounds = found.error, -(-found.columns // k)
    size = jnp.maximum(rows.samples, width).astype(dtype)
    more = ((0, 0), (0, length - k))
    return present(
        Spectrum(
            jnp.pad(s, (0, length - k)),
            jnp.pad(basis, more),
            jnp.pad(coordinates, more),
            rows.shift + rows.offset,
            jnp.zeros((), jnp.int32),
            residual,
            rounds,
            jnp.minimum(jnp.minimum(rows.samples, width), length),
        ),
        rows.total,
        size * jnp.finfo(dtype).eps,
    )


def present(raw: Spectrum, total: jax.Array, cut: jax.Array) -> Spectrum:
    """Signs fixed, what is not kept or not there set to zero, singular values over the cut counted.

    Features whose largest singular value is below eps sqrt(total) |mean| do not vary beyond the
    rounding of their own values, and count as constant.
    """
    s, basis = raw.singular_values, raw.basis
    eps = jnp.finfo(s.dtype).eps
    varies = s[0] > eps * jnp.sqrt(total * jnp.sum(raw.mean * raw.mean))
    there = (jnp.arange(s.shape[0], dtype=jnp.int32) < raw.kept) & varies
    largest = jnp.take_along_axis(basis, jnp.argmax(jnp.abs(basis), 0)[None], 0)
    sign = jnp.where(there[None], jnp.where(largest < 0, -1, 1), 0).astype(s.dtype)
    s = jnp.where(there, s, 0)
    return raw._replace(
        singular_values=s,
        basis=basis * sign,
        coordinates=raw.coordinates * sign,
        rank=jnp.sum(s > cut * s[0], dtype=jnp.int32),
    )


def _forward(features: jax.Array, weights: jax.Array, width: jax.Array, plan: Plan) -> tuple:
    out = _decompose(features, weights, width, plan)
    return out, (features, weights, out.basis, out.kept, out.singular_values > 0)


def _backward(plan: Plan, saved: tuple, cotangent: Spectrum) -> tuple:
    features, weights, basis, kept, there = saved
    n, d = features.shape
    small = d if plan.axis_name is not None else min(n, d)
    component = jnp.arange(small, dtype=kept.dtype)
    alike = component
    if plan.groups is not None:
        size = jnp.maximum(kept // plan.groups, 1)
        grouped = size * jnp.minimum(plan.groups, kept)
        alike = jnp.where(component < grouped, component // size, plan.groups)
        alike = jnp.where(component < kept, alike, plan.groups + 1)
    x_bar, w_bar = pull_back(
        centred_rows(features, weights, plan.axis_name),
        basis[:, : plan.k],
        alike,
        (
            jnp.where(there, cotangent.singular_values, 0)[: plan.k],
            cotangent.basis[:, : plan.k],
            cotangent.coordinates[:, : plan.k],
            cotangent.mean,
        ),
        plan.axis_name,
    )
    real = jnp.issubdtype(features.dtype, jnp.floating)
    return x_bar.astype(features.dtype) if real else None, w_bar, None


_decompose.defvjp(_forward, _backward)
