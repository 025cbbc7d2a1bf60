"""Moments of a feature matrix: everything that needs one pass, in O(d^2 + C d) memory.

    total = sum w_i                       mean = sum w_i x_i / total
    gram  = sum w_i y_i y_i^T             y_i = x_i - mean
    class_counts_c = sum_{i in c} w_i     class_sums_c = sum_{i in c} w_i y_i
    targets: mean, gram and cross = sum w_i y_i b_i^T, b_i the centred target row
    norm_sums = sum w_i |y_i|^2 y_i       fourth = sum w_i |y_i|^4       (|y|^2 sums to tr gram)

X (n, d) features, w (n,) weights (``where``), labels (n,) in 0..C-1, targets (n,) or (n, t).
Everything is *centred*, so nothing cancels where the mean is a thousand deviations away, and two
summaries still merge exactly: moving a summary's centre by delta turns gram into gram + total
delta delta^T, class_sums_c into class_sums_c - class_counts_c delta, and so on. Merging is how
chunks, a ``lax.scan`` and devices (``axis_name``) give the same result as one pass.

Accumulated in float32, float64 for float64 features: a relative rounding of about 1e-7 of the
largest entry, whatever n is. Cost 1.1 n d^2.

Degenerate cases. No samples (all weights zero): zeros everywhere. Labels outside 0..C-1 belong to
no class. A chunk of no samples merges as nothing.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_matrix, check_positive, check_targets, check_vector
from ._class_sums import class_sums
from ._gram import column_gram
from ._precision import dot
from ._rows import Rows, centred_rows, sum_tiles, tile


class Moments(NamedTuple):
    """Centred moments; the module docstring defines each field. C or t is 0 where not given."""

    total: jax.Array  # ()
    mean: jax.Array  # (d,)
    gram: jax.Array  # (d, d)
    class_counts: jax.Array  # (C,)
    class_sums: jax.Array  # (C, d)
    target_mean: jax.Array  # (t,)
    target_gram: jax.Array  # (t, t)
    cross: jax.Array  # (d, t)
    norm_sums: jax.Array  # (d,)
    fourth: jax.Array  # ()


@partial(jax.jit, static_argnames=("num_classes", "axis_name"))
def moments(
    features: jax.Array,
    labels: jax.Array | None = None,
    *,
    num_classes: int | None = None,
    targets: jax.Array | None = None,
    where: jax.Array | None = None,
    axis_name: str | None = None,
) -> Moments:
    """Centred moments of ``features`` (n, d), with classes where labels and with targets."""
    check_matrix("features", features)
    rows = centred_rows(features, where)
    gram = column_gram(rows, rows.weights.dtype)
    local = summary(rows, gram, labels, num_classes, targets)
    return local if axis_name is None else _over_devices(local, axis_name)


def summary(
    rows: Rows,
    gram: jax.Array,
    labels: jax.Array | None,
    num_classes: int | None,
    targets: jax.Array | None,
) -> Moments:
    """All of the moments where the Gram matrix is known."""
    n, d = rows.features.shape
    if (labels is None) != (num_classes is None):
        raise ValueError("labels and num_classes go together: give both or neither")
    if num_classes is not None:
        check_positive("num_classes", num_classes)
    dtype = rows.weights.dtype
    if labels is None or num_classes is None:
        labels, num_classes = jnp.zeros(n, jnp.int32), 0
    check_vector("labels", labels, n, kind=jnp.integer)
    b = jnp.zeros((n, 0), dtype) if targets is None else check_targets(targets, n).astype(dtype)
    b = jnp.where(rows.weights[:, None] > 0, b, 0)
    target_mean = dot(rows.weights[None], b, (1, 0))[0] / jnp.maximum(rows.total, _tiny(dtype))
    b = jnp.where(rows.weights[:, None] > 0, b - target_mean[None], 0)

    classes = num_classes

    def term(start: Any, fresh: jax.Array, size: int) -> tuple[jax.Array, ...]:
        y, w = tile(rows, start, size, fresh)
        label = lax.dynamic_slice_in_dim(labels, start, size)
        part = lax.dynamic_slice_in_dim(b, start, size)
        square = jnp.sum(y * y, 1)
        return (
            class_sums(w[:, None], label, classes)[:, 0],
            class_sums(y * w[:, None], label, classes),
            dot(y * w[:, None], part, (0, 0)),
            dot((w * square)[None], y, (1, 0))[0],
            jnp.sum(w * square * square),
        )

    counts, sums, cross, norm_sums, fourth = sum_tiles(term, n, d)
    return Moments(
        rows.total,
        rows.shift + rows.offset,
        gram,
        counts,
        sums,
        target_mean,
        dot(b * rows.weights[:, None], b, (0, 0)),
        cross,
        norm_sums,
        fourth,
    )


@jax.jit
def merge(a: Moments, b: Moments) -> Moments:
    """Moments of two sets of samples together, from the moments of each."""
    for name, one, other in zip(a._fields, a, b, strict=True):
        if one.shape != other.shape:
            raise ValueError(
                f"moments to merge must be of the same columns, classes and targets, got {name} "
                f"of shapes {one.shape} and {other.shape}"
            )
    everything = a.total + b.total
    share = b.total / jnp.maximum(everything, _tiny(everything.dtype))
    mean = a.mean + share * (b.mean - a.mean)
    target_mean = a.target_mean + share * (b.target_mean - a.target_mean)
    parts = _recentred(a, mean, target_mean), _recentred(b, mean, target_mean)
    both: Moments = jax.tree.map(jnp.add, *parts)
    return both._replace(mean=mean, target_mean=target_mean)


def _over_devices(local: Moments, axis_name: str) -> Moments:
    everything = lax.psum(local.total, axis_name)
    share = local.total / jnp.maximum(everything, _tiny(everything.dtype))
    mean = lax.psum(share * local.mean, axis_name)
    target_mean = lax.psum(share * local.target_mean, axis_name)
    both: Moments = lax.psum(_recentred(local, mean, target_mean), axis_name)
    return both._replace(mean=mean, target_mean=target_mean)


def _recentred(m: Moments, mean: jax.Array, target_mean: jax.Array) -> Moments:
    """The same sums with the centre moved to ``mean``; the rows become ``y - delta``."""
    delta = jnp.where(m.total > 0, mean - m.mean, 0)
    move = jnp.where(m.total > 0, target_mean - m.target_mean, 0)
    along = dot(m.gram, delta[:, None], (1, 0))[:, 0]
    length = jnp.sum(delta * delta)
    squares = jnp.trace(m.gram)
    norms = m.norm_sums - 2 * along - delta * (squares + m.total * length)
    fourth = m.fourth - 4 * jnp.sum(delta * m.norm_sums) + 4 * jnp.sum(delta * along)
    return m._replace(
        gram=m.gram + m.total * jnp.outer(delta, delta),
        class_sums=m.class_sums - m.class_counts[:, None] * delta[None],
        target_gram=m.target_gram + m.total * jnp.outer(move, move),
        cross=m.cross + m.total * jnp.outer(delta, move),
        norm_sums=norms,
        fourth=fourth + 2 * length * squares + m.total * length * length,
    )


def _tiny(dtype: Any) -> float:
    return float(jnp.finfo(dtype).tiny)
