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

Cost, per array: M + 1 singular value decompositions, O(M r c min(r, c)), by NumPy on the host:
unlike the other formulas it is none for `jit` or `grad`.
So lambda is the strength of what is shared only: off U, what is added has the inner product with
each tau_j that tau_j itself has.

Degenerate cases. A task vector of 0 has l_m = 0. Orthogonal task vectors and no U: theta_0 +
sum_m tau_m, whatever lambda. Arrays of less than six rows or columns have no U.

Reference: Wei et al., ICML 2025, arXiv 2501.01230, whose l_m is eta/||tau_m||, which has a unit,
and whose program takes the inner products by rows, 400 steps of Adam, and trims the result.
"""

from collections.abc import Sequence

import jax
import numpy as np

from .trees import Tree, widened

SHARED = 6  # of min(r, c) directions one in so many is shared
LEAST = 1e-2


def projective(base: Tree, models: Sequence[Tree], coefficient: float) -> Tree:
    """The base, the task vectors in proportion, and what they miss off the shared subspace."""

    def moved(*leaves: jax.Array) -> np.ndarray:
        origin, *tuned = map(np.asarray, widened(leaves))
        vectors = np.stack([each - origin for each in tuned])
        lengths = np.linalg.norm(vectors.reshape(len(vectors), -1), axis=1)
        there = lengths > 0
        evened = np.where(there, coefficient * lengths.mean() / np.where(there, lengths, 1), 0)
        added = np.tensordot(evened.astype(origin.dtype), vectors, 1)
        if origin.ndim > 1 and there.any():
            rows = np.stack([_matrix(each) for each in vectors])
            added = added + _missed(rows, _matrix(added)).reshape(origin.shape)
        found: np.ndarray = (origin + added).astype(leaves[0].dtype)
        return found

    return jax.tree.map(moved, base, *models)


def _matrix(array: np.ndarray) -> np.ndarray:
    """Outputs, the first axis or the last, against all else."""
    first, last = array.shape[0], array.shape[-1]
    return array.reshape((first, -1) if first >= last else (-1, last))


def _missed(vectors: np.ndarray, added: np.ndarray) -> np.ndarray:
    """``(sum l) Delta`` (r, c) of task vectors (M, r, c) whose weighted sum is ``added``."""
    shared = _shared(vectors)
    free = vectors - shared @ (shared.T @ vectors)
    gram, scale = (np.tensordot(each, each, ((1, 2), (1, 2))) for each in (free, vectors))
    wanted = np.diagonal(scale) - np.tensordot(vectors, added, 2)
    values, axes = np.linalg.eigh(gram)
    counts = values > LEAST * np.linalg.eigvalsh(scale)[-1]
    share = axes[:, counts] / values[counts] @ (axes[:, counts].T @ wanted)
    return np.tensordot(share, free, 1)


def _shared(vectors: np.ndarray) -> np.ndarray:
    """Orthonormal columns (r, k)."""
    number, *shape = vectors.shape
    kept = np.concatenate([_leading(each, min(shape) // number) for each in vectors], 1)
    return _leading(kept, min(shape) // SHARED) if kept.shape[1] else kept


def _leading(matrix: np.ndarray, number: int) -> np.ndarray:
    """So many left singular vectors, fewer where a value is rounding."""
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    least = max(matrix.shape) * np.finfo(matrix.dtype).eps * values[0]
    return left[:, :number][:, values[:number] > least]
