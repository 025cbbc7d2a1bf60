"""The layers that families of networks are built of, named and laid out so that files fit in.

    Conv        sum_ij x[s r + i - p, s c + j - p] kernel[i, j] + bias    (`convolution`)
    Linear      x kernel + bias
    BatchNorm   (x - mean) / sqrt(var + eps) * scale + bias, over what was seen in training
    LayerNorm   the same with the mean and the variance of each position
    ConvNorm    relu(BatchNorm(Conv x))
    Chain       layers and functions, one after the other
    mean_pool   mean of each k by k window, padding counted as zeros

A layer computes in the type of its weights, statistics in float32 or wider. Layers are made of
zeros: a network is filled from a file (`weights.filling`), or with `drawn`. The statistics of
`BatchNorm` stay as they are when a network is trained.
"""

from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax

from .channels import scaled
from .convolution import Padding, conv
from .precision import statistic_dtype

Module = TypeVar("Module", bound=nnx.Module)


class Conv(nnx.Module):
    """On maps (b, h, w, c); padding on all sides, or top, bottom, left, right, or SAME."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        window: int | tuple[int, int] = 1,
        *,
        stride: int = 1,
        padding: int | Padding = 0,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        rows, columns = (window, window) if isinstance(window, int) else window
        self.kernel = nnx.Param(jnp.zeros((rows, columns, inputs // groups, outputs)))
        self.bias = nnx.Param(jnp.zeros(outputs)) if bias else None
        self.stride, self.groups = stride, groups
        self.padding: Padding = (padding,) * 4 if isinstance(padding, int) else padding

    def __call__(self, x: jax.Array) -> jax.Array:
        return conv(
            x,
            self.kernel[...],
            None if self.bias is None else self.bias[...],
            stride=(self.stride, self.stride),
            padding=self.padding,
            groups=self.groups,
        )


class Linear(nnx.Module):
    """On the last axis."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        self.kernel = nnx.Param(jnp.zeros((inputs, outputs)))
        self.bias = nnx.Param(jnp.zeros(outputs)) if bias else None

    def __call__(self, x: jax.Array) -> jax.Array:
        y = jnp.dot(x.reshape(-1, x.shape[-1]), self.kernel[...]).reshape(*x.shape[:-1], -1)
        return y if self.bias is None else y + along(self.bias, y)


class BatchNorm(nnx.Module):
    """Of the last axis, by stored statistics."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        self.scale, self.bias = nnx.Param(jnp.zeros(width)), nnx.Param(jnp.zeros(width))
        self.mean, self.var = nnx.BatchStat(jnp.zeros(width)), nnx.BatchStat(jnp.zeros(width))
        self.eps = eps

    def __call__(self, x: jax.Array) -> jax.Array:
        wide = statistic_dtype(x.dtype)
        factor = lax.rsqrt(self.var[...].astype(wide) + self.eps) * self.scale[...].astype(wide)
        shift = self.bias[...].astype(wide) - self.mean[...].astype(wide) * factor
        return scaled(x.astype(wide), factor, shift).astype(x.dtype)


class LayerNorm(nnx.Module):
    """Of the last axis."""

    def __init__(self, width: int, eps: float) -> None:
        self.scale, self.bias = nnx.Param(jnp.zeros(width)), nnx.Param(jnp.zeros(width))
        self.eps = eps

    def __call__(self, x: jax.Array) -> jax.Array:
        y = x.astype(statistic_dtype(x.dtype))
        y = y - jnp.mean(y, -1, keepdims=True)
        y = y * lax.rsqrt(jnp.mean(y * y, -1, keepdims=True) + self.eps)
        return y.astype(x.dtype) * along(self.scale, x) + along(self.bias, x)


class ConvNorm(nnx.Module):
    """Convolution, BatchNorm and relu of the Inception networks."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        window: int | tuple[int, int] = 1,
        *,
        stride: int = 1,
        padding: int | Padding = 0,
    ) -> None:
        self.conv = Conv(inputs, outputs, window, stride=stride, padding=padding)
        self.bn = BatchNorm(outputs, 1e-3)

    def __call__(self, x: jax.Array) -> jax.Array:
        return jax.nn.relu(self.bn(self.conv(x)))


class Chain(nnx.List[Any]):
    """Each on what the one before it gave; all are numbered, functions too."""

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in self:
            x = layer(x)
        return x


def mean_pool(x: jax.Array, *, window: int, stride: int, padding: int = 0) -> jax.Array:
    """Means of windows, (b, h', w', c)."""
    around = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    wide = statistic_dtype(x.dtype)
    zero = np.array(0, wide)  # as in `max_pool`
    sizes, steps = (1, window, window, 1), (1, stride, stride, 1)
    total = lax.reduce_window(x.astype(wide), zero, lax.add, sizes, steps, around)
    return (total / window**2).astype(x.dtype)


def along(vector: Any, x: jax.Array) -> jax.Array:
    """A vector beside the last axis of ``x``."""
    return vector[...].reshape((1,) * (x.ndim - 1) + (-1,))


def drawn(module: Module, seed: int = 0, dtype: Any = jnp.float32) -> Module:
    """A module of random parameters under which signals neither vanish nor grow.

    Kernels are normal with the variance 1 / inputs, scales and variances uniform in 0.5 to 1.5, all
    others normal with the deviation 0.1.
    """
    rng = np.random.default_rng(seed)
    definition, state = nnx.split(module)
    parameters = nnx.to_flat_state(state)
    for path, parameter in parameters:
        shape, leaf = parameter.shape, path[-1]
        if leaf == "kernel":
            value = rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
        elif leaf in ("scale", "var"):
            value = rng.uniform(0.5, 1.5, shape)
        else:
            value = rng.normal(size=shape) * 0.1
        parameter.set_value(jnp.asarray(value, dtype))
    found: Module = nnx.merge(definition, nnx.from_flat_state(parameters))
    return found
