"""Classes of rows with one covariance: their means, the scatter within them, linear posteriors.

    n_c = sum_{i in c} w_i      mu_c = sum_{i in c} w_i z_i / n_c      pi_c = n_c / sum_c n_c
    W = sum_i w_i v_i v_i^T,    v_i = z_i - mu_{y_i}
    logits_i = z_i^T A - 1/2 diag(M A) + ln pi,    A = S^-1 M^T

z_i (m,) rows, M (C, m) means, S (m, m) a covariance. The logits are those of the distances
(z - mu_c)^T S^-1 (z - mu_c), less a term of the sample that a softmax does not see.

Rows are read through a function ``read(start, size)``, a tile at a time, in the wider dtype: all of
this is called ``in_double``. The deviations are formed before they are squared, so that W
keeps its relative precision where classes have collapsed to points.

Cost 2 n m for the means, 1.1 n m^2 for the scatter. Empty classes have mean 0 and a log prior of
-1e30. Rows of weight zero, and labels outside 0..C-1, are in no class.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._class_sums import class_sums
from ._gram import gram
from ._precision import dot, wide
from ._rows import Rows, sum_tiles, tile

Read = Callable[[Any, int], jax.Array]


class Classes(NamedTuple):
    """Labels and weights of the rows, counts and means of the classes."""

    labels: jax.Array  # (n,), clipped to 0..C-1
    weights: jax.Array  # (n,), 0 where a row is in no class
    counts: jax.Array  # (C,)
    means: jax.Array  # (C, m)

    def tile(self, start: Any, size: int) -> tuple[jax.Array, jax.Array]:
        """Labels and weights of the rows ``start`` to ``start + size``."""
        y = lax.dynamic_slice_in_dim(self.labels, start, size)
        return y, lax.dynamic_slice_in_dim(self.weights, start, size)

    @property
    def present(self) -> jax.Array:
        """Which classes have samples, (C,)."""
        return self.counts > 0

    @property
    def total(self) -> jax.Array:
        """Sum of the weights, ``n``; not below the least number, so that one may divide by it."""
        return jnp.maximum(jnp.sum(self.counts), jnp.finfo(self.counts.dtype).tiny)

    @property
    def log_priors(self) -> jax.Array:
        """``ln pi_c``, (C,)."""
        shares = jnp.where(self.present, self.counts, 1) / self.total
        return jnp.where(self.present, jnp.log(shares), -1e30)


def reader(rows: jax.Array) -> Read:
    """Rows of a matrix, in the wider dtype."""
    return lambda start, size: lax.dynamic_slice_in_dim(rows, start, size).astype(wide())


def centred_reader(rows: Rows) -> Read:
    """Centred rows, in the wider dtype; zeros where the weight is zero."""
    return lambda start, size: tile(rows, start, size)[0].astype(wide())


def class_means(
    read: Read, width: int, labels: jax.Array, weights: jax.Array, num_classes: int
) -> Classes:
    """The classes of the rows (n, width) that ``read`` gives."""
    labels = labels.astype(jnp.int32)
    known = (labels >= 0) & (labels < num_classes)
    labels = jnp.clip(labels, 0, num_classes - 1)
    weights = jnp.where(known, weights, 0).astype(wide())
    counts = class_sums(weights, labels, num_classes)
    raw = Classes(labels, weights, counts, jnp.zeros((num_classes, width), wide()))

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        y, w = raw.tile(start, size)
        return class_sums(read(start, size) * jnp.where(fresh, w, 0)[:, None], y, num_classes)

    sums = sum_tiles(term, labels.shape[0], width)
    return raw._replace(means=sums / jnp.where(raw.present, counts, 1)[:, None])


def within_scatter(read: Read, classes: Classes) -> jax.Array:
    """``W``, (m, m)."""

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        y, w = classes.tile(start, size)
        v = read(start, size) - classes.means[y]
        return gram(v * jnp.sqrt(jnp.where(fresh, w, 0))[:, None])

    return sum_tiles(term, classes.labels.shape[0], classes.means.shape[1])


def resolution(width: int, dtype: Any) -> float:
    """Below this fraction of all, deviations within classes are rounding of rows of ``dtype``."""
    return 4 * width * float(jnp.finfo(dtype).eps)


def collapsed(within: jax.Array, classes: Classes, dtype: Any) -> jax.Array:
    """Whether every class is one point, up to the rounding of rows of ``dtype``, by tr W."""
    between = jnp.sum(classes.counts[:, None] * classes.means**2)
    return within <= resolution(classes.means.shape[1], dtype) ** 2 * (within + between)


def variances(read: Read, classes: Classes) -> jax.Array:
    """The diagonal of W, (m,)."""

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        y, w = classes.tile(start, size)
        v = read(start, size) - classes.means[y]
        return dot(jnp.where(fresh, w, 0)[None], v * v, (1, 0))[0]

    return sum_tiles(term, classes.labels.shape[0], classes.means.shape[1])


def class_spreads(read: Read, classes: Classes) -> jax.Array:
    """``sum_{i in c} w_i |v_i|^2``, (C,): the share of each class in the trace of W."""
    c, m = classes.means.shape

    def term(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        y, w = classes.tile(start, size)
        v = read(start, size) - classes.means[y]
        return class_sums(jnp.where(fresh, w, 0) * jnp.sum(v * v, 1), y, c)

    return sum_tiles(term, classes.labels.shape[0], m)


def linear(classes: Classes, slopes: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Slopes A (m, C) and intercepts (C,) of the logits."""
    return slopes, classes.log_priors - jnp.sum(classes.means.T * slopes, 0) / 2


def log_posteriors(z: jax.Array, model: tuple[jax.Array, jax.Array]) -> jax.Array:
    """``ln softmax(logits)`` of some rows, (size, C)."""
    slopes, intercepts = model
    return jax.nn.log_softmax(dot(z, slopes, (1, 0)) + intercepts[None], axis=1)


def own(table: jax.Array, labels: jax.Array) -> jax.Array:
    """The entry of each row's own class, (size,)."""
    return jnp.take_along_axis(table, labels[:, None], 1)[:, 0]
