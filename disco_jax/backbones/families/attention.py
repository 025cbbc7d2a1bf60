"""The blocks of vision transformers, on tokens (b, t, w).

    attention heads of softmax(q k^T / sqrt(w / heads)) v, joined, times proj; q, k, v linear in x
    mlp       fc2(g(fc1 x)), g a gelu
    block     x + s1 attention(norm1 x); x + s2 mlp(norm2 x); s1, s2 are 1 or learnt
    pool      y + mlp(norm y), y the attention of one learnt token to all others

A block costs 24 t w^2 + 4 t^2 w, a fused multiply-add counted as two.

Of gelu there are three: x Phi(x), its approximation by tanh, and x sigmoid(1.702 x), CLIP's.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial

import jax
import jax.numpy as jnp
from flax import nnx
from jax import lax

from disco_jax.backbones.modules import Conv, LayerNorm, Linear
from disco_jax.backbones.precision import statistic_dtype

LIKENESS = {"cpu": 2**24}  # bytes at once: what stays in a processor's cache
ACCELERATOR_LIKENESS = 2**30


def _gelu(x: jax.Array) -> jax.Array:
    wide = x.astype(statistic_dtype(x.dtype))
    return (wide * (0.5 + 0.5 * lax.erf(wide * 2**-0.5))).astype(x.dtype)


ACTIVATIONS: Mapping[str, Callable[[jax.Array], jax.Array]] = {  # by transformers' names
    "gelu": _gelu,
    "gelu_pytorch_tanh": partial(jax.nn.gelu, approximate=True),
    "quick_gelu": lambda x: x * jax.nn.sigmoid(1.702 * x),
}


class Attention(nnx.Module):
    """Of all tokens to all."""

    def __init__(self, width: int, heads: int) -> None:
        self.qkv, self.proj = Linear(width, 3 * width), Linear(width, width)
        self.heads = heads

    def __call__(self, x: jax.Array) -> jax.Array:
        y: jax.Array = self.proj(attended(*in_heads(self.qkv(x), self.heads)))
        return y


class AttentionPool(nnx.Module):
    """Of one learnt token to all that are given: (b, w)."""

    def __init__(self, width: int, heads: int, inner: int, eps: float, activation: str) -> None:
        self.latent = nnx.Param(jnp.zeros((1, 1, width)))
        self.qkv, self.proj = Linear(width, 3 * width), Linear(width, width)
        self.norm, self.mlp = LayerNorm(width, eps), Mlp(width, inner, activation)
        self.heads = heads

    def __call__(self, x: jax.Array) -> jax.Array:
        latent = jnp.broadcast_to(self.latent[...], (x.shape[0], 1, x.shape[2]))
        q, k, v = in_heads(self.qkv(jnp.concatenate([latent, x], 1)), self.heads)
        y = self.proj(attended(q[:, :1], k[:, 1:], v[:, 1:]))
        return (y + self.mlp(self.norm(y)))[:, 0]


class Mlp(nnx.Module):
    """On each token."""

    def __init__(self, width: int, inner: int, activation: str = "gelu") -> None:
        self.fc1, self.fc2 = Linear(width, inner), Linear(inner, width)
        self.activation = activation

    def __call__(self, x: jax.Array) -> jax.Array:
        y: jax.Array = self.fc2(ACTIVATIONS[self.activation](self.fc1(x)))
        return y


class PatchEmbedding(nnx.Module):
    """A linear map of each patch, normalised; a window wider than its stride overlaps."""

    def __init__(self, inputs: int, width: int, window: int, stride: int, eps: float) -> None:
        around = window // 2 if window > stride else 0
        self.proj = Conv(inputs, width, window, stride=stride, padding=around, bias=True)
        self.norm = LayerNorm(width, eps)

    def __call__(self, x: jax.Array) -> jax.Array:
        y: jax.Array = self.norm(self.proj(x))
        return y


class Scale(nnx.Module):
    """A learnt factor for each column."""

    def __init__(self, width: int) -> None:
        self.gamma = nnx.Param(jnp.zeros(width))

    def __call__(self, x: jax.Array) -> jax.Array:
        return x * self.gamma[...][None, None]


class Block(nnx.Module):
    """Attention, then MLP, each beside the identity."""

    def __init__(
        self, width: int, heads: int, inner: int, eps: float, activation: str, scaled: bool
    ) -> None:
        self.norm1, self.norm2 = LayerNorm(width, eps), LayerNorm(width, eps)
        self.attn, self.mlp = Attention(width, heads), Mlp(width, inner, activation)
        self.ls1, self.ls2 = (Scale(width) if scaled else None for _ in range(2))

    def __call__(self, x: jax.Array) -> jax.Array:
        y = self.attn(self.norm1(x))
        x = x + (y if self.ls1 is None else self.ls1(y))
        y = self.mlp(self.norm2(x))
        return x + (y if self.ls2 is None else self.ls2(y))


def in_heads(x: jax.Array, heads: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Queries, keys and values (b, t, heads, w / heads) of x (b, t, 3 w)."""
    b, t, _ = x.shape
    q, k, v = jnp.moveaxis(x.reshape(b, t, 3, heads, -1), 2, 0)
    return q, k, v


def attended(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None = None) -> jax.Array:
    """For each query the mean of the values, by likeness to the keys, heads joined (..., t, w).

    ``bias`` (..., heads, t, t'), for t' keys, is added to the likeness. Means are divided by their
    weights' sum last, t w numbers rather than t^2 heads. Many tokens go by a few heads at a time:
    1370 of DINOv2 in half the time on a CPU.
    """
    q, k, v = (jnp.swapaxes(each, -3, -2) for each in (q * q.shape[-1] ** -0.5, k, v))
    joined = _means(q, k, v) if bias is None else _of_heads(q, k, v, bias)
    joined = jnp.swapaxes(joined, -3, -2)
    return joined.reshape(*joined.shape[:-2], -1)


def _means(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
    """Of so many heads (..., t, c) at a time that their likeness is not too large."""
    heads, size = math.prod(q.shape[:-2]), 4 * q.shape[-2] * k.shape[-2]
    together = max(1, LIKENESS.get(jax.default_backend(), ACCELERATOR_LIKENESS) // size)
    if heads <= together:
        return _of_heads(q, k, v)
    rows = [each.reshape(heads, *each.shape[-2:]) for each in (q, k, v)]
    return lax.map(lambda each: _of_heads(*each), rows, batch_size=together).reshape(q.shape)


def _of_heads(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None = None) -> jax.Array:
    likeness = jnp.einsum("...qc,...kc->...qk", q, k)
    likeness = likeness if bias is None else likeness + bias
    likeness = likeness.astype(statistic_dtype(q.dtype))
    share = jnp.exp(likeness - jnp.max(likeness, -1, keepdims=True))
    total = jnp.sum(share, -1, keepdims=True)
    joined = jnp.einsum("...qk,...kc->...qc", share.astype(q.dtype), v)
    return (joined.astype(total.dtype) / total).astype(q.dtype)
