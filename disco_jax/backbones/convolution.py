"""Operations on maps (b, h, w, c).

    conv         sum_ij x[:, s r + d i - p, s c + d j - p] w[i, j] + bias, w (kh, kw, c / groups, o)
    relu_sum     relu(x + y)
    global_mean  mean over h and w, kept as (b, 1, 1, c), summed in float32 or wider
    max_pool     maximum of each k by k window; the padding never wins

Padding SAME is TensorFlow's: out = ceil(in / s), the odd row or column at the bottom and right.

Two of XLA's convolutions are slow on a CPU and are written as what they are:

    depthwise   sums of shifted maps, see `depthwise`
    1 by 1      a matrix product of all positions with w[0, 0]
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .channels import shifted
from .depthwise import Pair, depthwise, strided
from .precision import statistic_dtype

Padding = str | tuple[int, int, int, int]  # top, bottom, left, right


def pads(padding: Padding, size: Sequence[int], window: Pair, stride: Pair) -> tuple[Pair, Pair]:
    """Rows before and after, columns before and after."""
    if not isinstance(padding, str):
        top, bottom, left, right = padding
        return (top, bottom), (left, right)
    rows, columns = lax.padtype_to_pads(size, window, stride, padding)
    return (rows[0], rows[1]), (columns[0], columns[1])


def conv(
    x: jax.Array,
    kernel: jax.Array,
    bias: jax.Array | None,
    *,
    stride: Pair = (1, 1),
    padding: Padding = "SAME",
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> jax.Array:
    """Convolution of ``x`` (b, h, w, c) with ``kernel`` (kh, kw, c / groups, o)."""
    window = _reach(kernel, 0, dilation), _reach(kernel, 1, dilation)
    around = pads(padding, x.shape[1:3], window, stride)
    if window == (1, 1) and groups == 1:
        y = strided(_padded(x, around), (0, 0), _sizes(x, around, window, stride), stride)
        y = jnp.dot(y.reshape(-1, x.shape[3]), kernel[0, 0]).reshape(*y.shape[:3], -1)
    elif groups == x.shape[3] == kernel.shape[3]:
        sizes = _sizes(x, around, window, stride)
        shift = jnp.zeros_like(x, shape=x.shape[3:]) if bias is None else bias
        return depthwise(_padded(x, around), kernel, shift, sizes, stride, dilation)
    else:
        y = lax.conv_general_dilated(
            x,
            kernel,
            stride,
            around,
            rhs_dilation=dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=groups,
        )
    return y if bias is None else shifted(y, bias)


def relu_sum(x: jax.Array, y: jax.Array) -> jax.Array:
    """``relu(x + y)``, the end of a residual block.

    Written as it stands, XLA computes it again wherever it is read, and so adds up the branches of
    all blocks before in every one: 36 of a ResNet-152 take 1.5 times as long on a CPU.
    """
    return jnp.maximum(x, -y) + y


def max_pool(x: jax.Array, *, window: int, stride: int, padding: Padding) -> jax.Array:
    """Maxima of windows, (b, h', w', c)."""
    around = pads(padding, x.shape[1:3], (window, window), (stride, stride))
    lowest = np.array(-np.inf, x.dtype)  # an array of jax's has no gradient here
    ones = ((0, 0), *around, (0, 0))
    return lax.reduce_window(
        x, lowest, lax.max, (1, window, window, 1), (1, stride, stride, 1), ones
    )


def global_mean(x: jax.Array) -> jax.Array:
    """Mean over positions, (b, 1, 1, c)."""
    return jnp.mean(x, (1, 2), dtype=statistic_dtype(x.dtype), keepdims=True).astype(x.dtype)


def _reach(kernel: jax.Array, axis: int, dilation: Pair) -> int:
    return (kernel.shape[axis] - 1) * dilation[axis] + 1


def _padded(x: jax.Array, around: tuple[Pair, Pair]) -> jax.Array:
    return x if around == ((0, 0), (0, 0)) else jnp.pad(x, ((0, 0), *around, (0, 0)))


def _sizes(x: jax.Array, around: tuple[Pair, Pair], window: Pair, stride: Pair) -> Pair:
    """Rows and columns of the result."""
    rows, columns = ((x.shape[1 + a] + sum(around[a]) - window[a]) // stride[a] + 1 for a in (0, 1))
    return rows, columns
