"""Projective merging: every task vector is met, off the subspace that they share.

For each array with two or more axes, as a matrix of its outputs against all else:

    l_m = lambda mean_i ||tau_i|| / ||tau_m||
    theta = theta_0 + sum_m l_m (tau_m + Delta)
    Delta minimises  sum_j <tau_j, tau_j - sum_m l_m (tau_m + Delta)>^2,   U^T Delta = 0

tau_m = theta_m - theta_0 (r, c). Equal weights would let the longest task vector drown the others,
and their sum misses each of them where they conflict; Delta, one for all, makes up for it.
U (r, k) is what must stay as it is: each tau_m gives its leading min(r, c)/M left singular vectors,
and U are the k = min(r, c)/6 leading ones of these together, both rounded down and fewer where the
rank is less.

The minimum of smallest norm, to which gradient descent from 0 converges that is projected by
Q = I - U U^T, is a system of M unknowns:

    (sum_m l_m) Delta = sum_j b_j Q tau_j,    G b = g
    G_ij = <tau_i, Q tau_j>,    g_j = <tau_j, tau_j - sum_m l_m tau_m>

Directions of G below 1/100 of the largest eigenvalue of the Gram matrix of the tau are left out:
what is shared almost wholly would be made up for by very large changes. Arrays of one axis get
Delta = 0.

Cost, per array: M + 1 singular value decompositions, O(M r c min(r, c)).
So lambda is the strength of what is shared only: off U, what is added has the inner product with
each tau_j that tau_j itself has.

Degenerate cases. A task vector of 0 has l_m = 0. Orthogonal task vectors and no U: theta_0 +
sum_m tau_m, whatever lambda. Arrays of less than six rows or columns have no U.

Reference: Wei et al., ICML 2025, arXiv 2501.01230, whose l_m is eta/||tau_m||, which has a unit,
and whose program takes the inner products by rows, 400 steps of Adam, and trims the result.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from .trees import Tree, leafwise, weighted

SHARED = 6  # of min(r, c) directions one in so many is shared
LEAST = 1e-2


def projective(base: Tree, models: Sequence[Tree], coefficient: Any) -> Tree:
    """The base, the task vectors in proportion, and what they miss off the shared subspace."""

    def moved(origin: jax.Array, *tuned: jax.Array) -> jax.Array:
        vectors = jnp.stack([each - origin for each in tuned])
        lengths = jnp.sqrt(jnp.sum(vectors**2, tuple(range(1, vectors.ndim))))
        there = lengths > 0
        evened = jnp.where(there, jnp.mean(lengths) / jnp.where(there, lengths, 1), 0)
        added = weighted(list(jnp.asarray(coefficient, origin.dtype) * evened), list(vectors))
        if origin.ndim > 1:
            rows = jnp.stack([_matrix(each) for each in vectors])
            added += _missed(rows, _matrix(added)).reshape(origin.shape)
        return origin + added

    return leafwise(moved, base, *models)


def _matrix(array: jax.Array) -> jax.Array:
    """Outputs, the first axis or the last, against all else."""
    first, last = array.shape[0], array.shape[-1]
    return array.reshape((first, -1) if first >= last else (-1, last))


def _missed(vectors: jax.Array, added: jax.Array) -> jax.Array:
    """``(sum l) Delta`` (r, c) of task vectors (M, r, c) whose weighted sum is ``added``."""
    shared = _shared(vectors)
    free = vectors - jnp.einsum("rk,sk,msc->mrc", shared, shared, vectors, precision="highest")
    gram = jnp.einsum("irc,jrc->ij", free, free, precision="highest")
    scale = jnp.einsum("irc,jrc->ij", vectors, vectors, precision="highest")
    wanted = jnp.diagonal(scale) - jnp.einsum("jrc,rc->j", vectors, added, precision="highest")
    values, axes = jnp.linalg.eigh(gram)
    counts = values > LEAST * jnp.linalg.eigvalsh(scale)[-1]
    inverse = jnp.where(counts, 1 / jnp.where(counts, values, 1), 0)
    return jnp.einsum("j,jrc->rc", axes @ (inverse * (axes.T @ wanted)), free, precision="highest")


def _shared(vectors: jax.Array) -> jax.Array:
    """Orthonormal columns (r, k), zeros beyond the rank."""
    number, *shape = vectors.shape
    kept = jnp.concatenate([_leading(each, min(shape) // number) for each in vectors], 1)
    return _leading(kept, min(shape) // SHARED) if kept.shape[1] else kept


def _leading(matrix: jax.Array, number: int) -> jax.Array:
    """So many left singular vectors, zeros for those whose value is rounding."""
    left, values, _ = jnp.linalg.svd(matrix, full_matrices=False)
    least = max(matrix.shape) * jnp.finfo(matrix.dtype).eps * values[:1]
    return jnp.where((values > least)[None], left, 0)[:, :number]
