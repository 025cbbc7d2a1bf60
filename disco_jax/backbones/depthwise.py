"""Depthwise convolution and its derivatives, as XLA computes them fast on a CPU.

    y[b, r, q]  = sum_ij x[b, s r + e i, s q + e j] w[i, j] + v       stride s, dilation e
    dx          = the same of dy, spread s apart and padded, with w reversed
    dw[i, j]    = sum_brq x[b, s r + e i, s q + e j] dy[b, r, q]      dv = sum_brq dy[b, r, q]

Sums of shifted maps times a vector, fused to one pass over the map. Left to automatic derivatives
dw and dv are sums over all but the last axis, which XLA reads a column at a time: 50 times slower
than a scan over pictures that adds up rows.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

Pair = tuple[int, int]


@partial(jax.custom_vjp, nondiff_argnums=(3, 4, 5))
def depthwise(
    x: jax.Array, kernel: jax.Array, bias: jax.Array, sizes: Pair, stride: Pair, dilation: Pair
) -> jax.Array:
    """``x`` (b, h, w, c), padded already, with ``kernel`` (kh, kw, 1, c): (b, *sizes, c)."""
    total = bias[None, None, None]
    for i, j in _taps(kernel):
        shifted = strided(x, (i * dilation[0], j * dilation[1]), sizes, stride)
        total = total + shifted * kernel[i, j][None, None]
    return total


def _forward(
    x: jax.Array, kernel: jax.Array, bias: jax.Array, sizes: Pair, stride: Pair, dilation: Pair
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return depthwise(x, kernel, bias, sizes, stride, dilation), (x, kernel)


def _backward(
    sizes: Pair,
    stride: Pair,
    dilation: Pair,
    saved: tuple[jax.Array, jax.Array],
    dy: jax.Array,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    x, kernel = saved
    whole = x.shape[1], x.shape[2]
    around = [(0, 0, 0)]
    for axis in (0, 1):
        before = (kernel.shape[axis] - 1) * dilation[axis]
        after = whole[axis] - (sizes[axis] - 1) * stride[axis] - 1
        around.append((before, after, stride[axis] - 1))
    spread = lax.pad(dy, jnp.zeros((), dy.dtype), [*around, (0, 0, 0)])
    none = jnp.zeros_like(dy, shape=dy.shape[3:])
    dx = depthwise(spread, kernel[::-1, ::-1], none, whole, (1, 1), dilation)

    def add(total: jax.Array, one: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        x, dy = one
        products = [
            strided(x[None], (i * dilation[0], j * dilation[1]), sizes, stride)[0] * dy
            for i, j in _taps(kernel)
        ]
        rows = [sum(each[row] for row in range(sizes[0])) for each in (*products, dy)]
        return total + jnp.stack(rows), None

    many = kernel.shape[0] * kernel.shape[1] + 1
    sums, _ = lax.scan(add, jnp.zeros_like(dy, shape=(many, *dy.shape[2:])), (x, dy))
    *dw, dv = jnp.sum(sums, 1)
    return dx, jnp.stack(dw).reshape(kernel.shape), dv


depthwise.defvjp(_forward, _backward)


def strided(x: jax.Array, start: Pair, sizes: Pair, stride: Pair) -> jax.Array:
    """Every ``stride``-th row and column from ``start``, so many as ``sizes`` says."""
    (r, c), (rows, columns), (down, across) = start, sizes, stride
    ends = r + (rows - 1) * down + 1, c + (columns - 1) * across + 1
    return lax.slice(x, (0, r, c, 0), (x.shape[0], *ends, x.shape[3]), (1, down, across, 1))


def _taps(kernel: jax.Array) -> list[Pair]:
    return [(i, j) for i in range(kernel.shape[0]) for j in range(kernel.shape[1])]
