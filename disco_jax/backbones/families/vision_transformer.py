"""Vision transformers: patches as tokens, blocks of attention and MLP, and a pool of the tokens.

    tokens    class token, then a linear map of each patch (p, p, 3), plus positions, which are
              resampled where a picture has more or fewer patches (`positions`)
    blocks    those of `attention`, then layer norm
    features  by `pool`: the class token, or the mean of class and distillation token where there is
              one; the mean of the patches' tokens; class token and mean side by side; `attention`
              of a learnt token
    logits    linear in the features; of a distilled network the mean of a head on each token

Sizes: width w, h x h patches, t = h^2 tokens and those of classes. Names are timm's.

Reference: Dosovitskiy et al., ICLR 2021.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Outputs
from disco_jax.backbones.compiling import SUMS
from disco_jax.backbones.modules import Conv, LayerNorm, Linear
from disco_jax.backbones.precision import statistic_dtype

from .attention import AttentionPool, Block
from .positions import Resampling, resampled


class Sizes(NamedTuple):
    """What tells one from another."""

    width: int
    depth: int
    heads: int
    patch: int = 16
    size: int = 224
    eps: float = 1e-6
    mlp: int = 4  # times the width
    distilled: bool = False
    pool: str = "tokens"  # class and distillation; or "class", "mean", "both" or "attention"
    scaled: bool = False  # each branch times a learnt vector
    activation: str = "gelu"
    normed: bool = False  # tokens before the blocks, and patches without a bias
    resampling: Resampling = "antialiased"


class PatchEmbedding(nnx.Module):
    """A linear map of each patch."""

    def __init__(self, patch: int, width: int, bias: bool) -> None:
        self.proj = Conv(3, width, patch, stride=patch, bias=bias)

    def __call__(self, x: jax.Array) -> jax.Array:
        y: jax.Array = self.proj(x)
        return y.reshape(y.shape[0], -1, y.shape[3])


class VisionTransformer(nnx.Module):
    """Layers by name: `blocks.0`, `blocks.1`, ..., all tokens of each."""

    fusions = SUMS

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        width, heads, eps = sizes.width, sizes.heads, sizes.eps
        inner, activation = sizes.mlp * width, sizes.activation
        attention = sizes.pool == "attention"
        extra = 0 if attention else 2 if sizes.distilled else 1
        token = (1, 1, width)
        self.patch_embed = PatchEmbedding(sizes.patch, width, not sizes.normed)
        self.cls_token = None if attention else nnx.Param(jnp.zeros(token))
        self.dist_token = nnx.Param(jnp.zeros(token)) if sizes.distilled else None
        patches = (sizes.size // sizes.patch) ** 2
        self.pos_embed = nnx.Param(jnp.zeros((1, patches + extra, width)))
        self.norm_pre = LayerNorm(width, eps) if sizes.normed else None
        block = (width, heads, inner, eps, activation, sizes.scaled)
        self.blocks = nnx.List([Block(*block) for _ in range(sizes.depth)])
        self.norm = LayerNorm(width, eps)
        self.attn_pool = AttentionPool(width, heads, inner, eps, activation) if attention else None
        read = 2 * width if sizes.pool == "both" else width
        self.head = Linear(read, classes) if classes else None
        both = sizes.distilled and sizes.pool == "tokens"
        self.head_dist = Linear(width, classes) if classes and both else None
        self.pool, self.extra, self.resampling = sizes.pool, extra, sizes.resampling

    def __call__(self, x: jax.Array) -> Outputs:
        x = self.patch_embed(x)
        side = math.isqrt(x.shape[1])
        row = (x.shape[0], 1, x.shape[2])
        first = [token for token in (self.cls_token, self.dist_token) if token is not None]
        joined = [*(jnp.broadcast_to(token[...], row) for token in first), x]
        positions = resampled(self.pos_embed[...], side, self.extra, self.resampling)
        x = jnp.concatenate(joined, 1) + positions
        x = x if self.norm_pre is None else self.norm_pre(x)
        layers = {}
        for place, block in enumerate(self.blocks):
            layers[f"blocks.{place}"] = x = block(x)
        tokens = self.norm(x)
        wide = tokens.astype(statistic_dtype(x.dtype))
        features = self._pooled(tokens, wide)
        heads = [head for head in (self.head, self.head_dist) if head is not None]
        each = len(heads) == 2
        read = [tokens[:, 0], tokens[:, 1]] if each else [features.astype(x.dtype)]
        logits = [head(token).astype(wide.dtype) for head, token in zip(heads, read, strict=False)]
        mean = sum(logits[1:], logits[0]) / len(logits) if logits else None
        cells = wide[:, self.extra :].reshape(x.shape[0], side, side, -1)
        return Outputs(features, mean, cells, layers)

    def _pooled(self, tokens: jax.Array, wide: jax.Array) -> jax.Array:
        if self.attn_pool is not None:
            return self.attn_pool(tokens).astype(wide.dtype)
        if self.pool == "tokens":
            return jnp.mean(wide[:, : self.extra], 1)
        mean = jnp.mean(wide[:, self.extra :], 1)
        found = {"class": [wide[:, 0]], "mean": [mean], "both": [wide[:, 0], mean]}
        return jnp.concatenate(found[self.pool], 1)
