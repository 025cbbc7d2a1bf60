"""Factorisations of small matrices that may run in many threads at once.

On the CPU, jaxlib 0.10.0 to 0.11.0 cuts a *batched* LAPACK call into pieces, gives them to the
thread pool one of whose threads it occupies, and waits. As many such calls at once as the pool has
threads (two factorisations of one program, four Python threads, several devices) and all of them
wait for ever. A call for one matrix stays in its thread. So ``vmap`` over a function of this file
is, on the CPU, a loop over the matrices; elsewhere it is the batched call. It is as fast: LAPACK
runs a batch no faster in pieces, and jaxlib 0.11.1 no longer does it.

All LAPACK calls of jaxlib take that way, the triangular solves included, which is why no other file
here calls one. A minimal program that hangs is in ``docs/jax-lapack-hang.md``.

Matrices are float32 or float64, symmetric ones are read from their lower triangle, and lower
triangular factors have zeros above. ``inverse_cholesky`` can be differentiated, in both modes.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap

from ._precision import dot


def _one_at_a_time(factorise: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a batching rule of its own: on the CPU a loop, which may be nested."""
    one = custom_vmap(factorise)

    @one.def_vmap
    def many(size: int, batched: list[bool], *arrays: jax.Array) -> tuple[Any, Any]:
        def in_turn(*arrays: jax.Array) -> Any:
            def at(i: jax.Array) -> Any:
                return one(*(x[i] if its else x for x, its in zip(arrays, batched, strict=True)))

            return lax.map(at, jnp.arange(size, dtype=jnp.int32))

        at_once = jax.vmap(factorise, [0 if its else None for its in batched])
        with jax.enable_x64(any(x.dtype == jnp.float64 for x in arrays)):
            found = lax.platform_dependent(*arrays, cpu=in_turn, default=at_once)
        return found, jax.tree.map(lambda _: True, found)

    return one


@_one_at_a_time
def eigh(matrix: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues, ascending, and eigenvectors of a symmetric matrix."""
    vectors, values = lax.linalg.eigh(matrix, symmetrize_input=False)
    return values, vectors


@_one_at_a_time
def svd(matrix: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Thin singular value decomposition: U, s descending, V^T."""
    u, s, vt = lax.linalg.svd(matrix, full_matrices=False)
    return u, s, vt


@_one_at_a_time
def singular_values(matrix: jax.Array) -> jax.Array:
    """Singular values, descending."""
    return lax.linalg.svd(matrix, compute_uv=False)


@_one_at_a_time
def triangle(matrix: jax.Array) -> jax.Array:
    """The upper triangular factor R of a QR decomposition."""
    return lax.linalg.qr(matrix, full_matrices=False)[1]


@_one_at_a_time
def cholesky(matrix: jax.Array) -> jax.Array:
    """L with ``matrix = L L^T``; NaN where the matrix is not positive definite."""
    return lax.linalg.cholesky(matrix, symmetrize_input=False)


@_one_at_a_time
def cholesky_solve(lower: jax.Array, right: jax.Array) -> jax.Array:
    """``(L L^T)^-1 right``."""
    solve = partial(lax.linalg.triangular_solve, lower, left_side=True, lower=True)
    return solve(solve(right), transpose_a=True)


@_one_at_a_time
def _inverse(lower: jax.Array) -> jax.Array:
    eye = jnp.eye(lower.shape[0], dtype=lower.dtype)
    return lax.linalg.triangular_solve(lower, eye, left_side=True, lower=True)


@jax.custom_jvp
def inverse_cholesky(matrix: jax.Array) -> tuple[jax.Array, jax.Array]:
    """L with ``matrix = L L^T``, and L^-1: products with it solve, also many columns at a time."""
    lower = cholesky(matrix)
    return lower, _inverse(lower)


@inverse_cholesky.defjvp
def _(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
    """With P the lower half of L^-1 dA L^-T, its diagonal halved: dL = L P, dL^-1 = -P L^-1."""
    (change,) = tangents
    lower, inverse = inverse_cholesky(*primals)
    change = (change + change.T) / 2
    p = dot(dot(inverse, change, (1, 0)), inverse, (1, 1))
    p = jnp.tril(p) - jnp.diag(jnp.diagonal(p)) / 2
    return (lower, inverse), (dot(lower, p, (1, 0)), -dot(p, inverse, (1, 0)))
