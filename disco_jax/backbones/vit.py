"""Vision transformers: patches as tokens, and blocks of attention and MLP beside the identity.

    tokens    class token, then a linear map of each patch (p, p, 3), plus positions
    block     x + s1 attention(norm1 x); x + s2 fc2(gelu(fc1(norm2 x))); s1, s2 are 1 or learnt
    attention heads of softmax(q k^T / sqrt(w / heads)) v, joined, times proj
    features  the normalised class token, or the mean of the patches' (`pool`), or the mean of class
              and distillation token where there is one; logits: linear, the mean of both heads

Sizes: width w, h x h patches, t = h^2 + 1 or + 2 tokens. A block costs 24 t w^2 + 4 t^2 w.

References: Dosovitskiy et al., ICLR 2021; DeiT, Touvron et al., ICML 2021. Names are timm's.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.data.preprocessing import Preprocessing, standard

from .backbone import Outputs
from .family import HALF, IMAGENET, Family, of_imagenet
from .modules import Conv, LayerNorm, Linear, statistic_dtype


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
    pool: str = "tokens"  # class and distillation; or "class", or "mean" of the patches
    scaled: bool = False  # each branch times a learnt vector


class Attention(nnx.Module):
    """Of all tokens (b, t, w) to all."""

    def __init__(self, width: int, heads: int) -> None:
        self.qkv, self.proj = Linear(width, 3 * width), Linear(width, width)
        self.heads = heads

    def __call__(self, x: jax.Array) -> jax.Array:
        b, t, w = x.shape
        q, k, v = jnp.moveaxis(self.qkv(x).reshape(b, t, 3, self.heads, -1), 2, 0)
        likeness = jnp.einsum("bqhc,bkhc->bhqk", q, k) * (w // self.heads) ** -0.5
        share = jax.nn.softmax(likeness.astype(statistic_dtype(x.dtype)), -1).astype(x.dtype)
        return self.proj(jnp.einsum("bhqk,bkhc->bqhc", share, v).reshape(b, t, w))


class Mlp(nnx.Module):
    """On each token."""

    def __init__(self, width: int, inner: int) -> None:
        self.fc1, self.fc2 = Linear(width, inner), Linear(inner, width)

    def __call__(self, x: jax.Array) -> jax.Array:
        y: jax.Array = self.fc2(jax.nn.gelu(self.fc1(x), approximate=False))
        return y


class Scale(nnx.Module):
    """A learnt factor for each column."""

    def __init__(self, width: int) -> None:
        self.gamma = nnx.Param(jnp.zeros(width))

    def __call__(self, x: jax.Array) -> jax.Array:
        return x * self.gamma[...][None, None]


class Block(nnx.Module):
    """Attention, then MLP."""

    def __init__(self, sizes: Sizes) -> None:
        width = sizes.width
        self.norm1, self.norm2 = LayerNorm(width, sizes.eps), LayerNorm(width, sizes.eps)
        self.attn, self.mlp = Attention(width, sizes.heads), Mlp(width, sizes.mlp * width)
        self.ls1, self.ls2 = (Scale(width) if sizes.scaled else None for _ in range(2))

    def __call__(self, x: jax.Array) -> jax.Array:
        y = self.attn(self.norm1(x))
        x = x + (y if self.ls1 is None else self.ls1(y))
        y = self.mlp(self.norm2(x))
        return x + (y if self.ls2 is None else self.ls2(y))


class PatchEmbedding(nnx.Module):
    """A linear map of each patch."""

    def __init__(self, patch: int, width: int) -> None:
        self.proj = Conv(3, width, patch, stride=patch, bias=True)

    def __call__(self, x: jax.Array) -> jax.Array:
        y: jax.Array = self.proj(x)
        return y.reshape(y.shape[0], -1, y.shape[3])


class VisionTransformer(nnx.Module):
    """Layers by name: `blocks.0`, `blocks.1`, ..., all tokens of each."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        width, side = sizes.width, sizes.size // sizes.patch
        extra = 2 if sizes.distilled else 1
        self.patch_embed = PatchEmbedding(sizes.patch, width)
        self.cls_token = nnx.Param(jnp.zeros((1, 1, width)))
        self.dist_token = nnx.Param(jnp.zeros((1, 1, width))) if sizes.distilled else None
        self.pos_embed = nnx.Param(jnp.zeros((1, side * side + extra, width)))
        self.blocks = nnx.List([Block(sizes) for _ in range(sizes.depth)])
        self.norm = LayerNorm(width, sizes.eps)
        self.head = Linear(width, classes) if classes else None
        both = sizes.distilled and sizes.pool == "tokens"
        self.head_dist = Linear(width, classes) if classes and both else None
        self.pool, self.extra, self.side = sizes.pool, extra, side

    def __call__(self, x: jax.Array) -> Outputs:
        x = self.patch_embed(x)
        first = [token for token in (self.cls_token, self.dist_token) if token is not None]
        each = [jnp.broadcast_to(token[...], (x.shape[0], 1, x.shape[2])) for token in first]
        x = jnp.concatenate([*each, x], 1) + self.pos_embed[...]
        layers = {}
        for place, block in enumerate(self.blocks):
            layers[f"blocks.{place}"] = x = block(x)
        tokens = self.norm(x)
        wide = tokens.astype(statistic_dtype(x.dtype))
        cells = wide[:, self.extra :].reshape(x.shape[0], self.side, self.side, -1)
        if self.pool == "mean":
            features = jnp.mean(cells, (1, 2))
        else:
            features = jnp.mean(wide[:, : self.extra if self.pool == "tokens" else 1], 1)
        heads = [head for head in (self.head, self.head_dist) if head is not None]
        read = [features.astype(x.dtype)] if self.pool == "mean" else jnp.moveaxis(tokens, 1, 0)
        logits = [head(token).astype(wide.dtype) for head, token in zip(heads, read, strict=False)]
        mean = sum(logits[1:], logits[0]) / len(logits) if logits else None
        return Outputs(features, mean, cells, layers)


WIDTHS = {
    "tiny": (192, 12, 3),
    "small": (384, 12, 6),
    "base": (768, 12, 12),
    "large": (1024, 24, 16),
}


def _architectures() -> dict[str, Sizes]:
    found = {}
    for name, sizes in WIDTHS.items():
        for patch, size in ((16, 224), (16, 384), (32, 224), (32, 384), (8, 224)):
            found[f"vit_{name}_patch{patch}_{size}"] = Sizes(*sizes, patch, size)
        for size in (224, 384):
            deit = Sizes(*sizes, 16, size)
            found[f"deit_{name}_patch16_{size}"] = deit
            found[f"deit_{name}_distilled_patch16_{size}"] = deit._replace(distilled=True)
        if name in ("base", "large"):
            found |= {f"vit_{name[0]}_{patch}": Sizes(*sizes, patch) for patch in (16, 32)}
    return found


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    if config.get("hidden_act", "gelu") != "gelu" or not config.get("qkv_bias", True):
        raise ValueError("only transformers with gelu and biases of q, k and v are known")
    width, size = int(config["hidden_size"]), config["image_size"]
    return Sizes(
        width,
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["patch_size"],
        size,
        config["layer_norm_eps"],
        config["intermediate_size"] // width,
    )


def _deit(config: Mapping[str, Any]) -> Sizes:
    alone = config.get("architectures") == ["DeiTForImageClassification"]
    pool = "class" if alone else "tokens"
    return _from_transformers(config)._replace(distilled=True, pool=pool)


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    if name in ("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32"):
        return of_imagenet()
    known = IMAGENET if name.startswith("deit") else HALF
    shorter = sizes.size if sizes.size >= 384 else int(sizes.size / 0.9)
    return standard(sizes.size, shorter=shorter, interpolation="bicubic", **known)


TORCHVISION = (
    (r"^class_token$", "cls_token"),
    (r"^encoder\.pos_embedding$", "pos_embed"),
    (r"^conv_proj\.", "patch_embed.proj."),
    (r"^encoder\.ln\.", "norm."),
    (r"^heads\.head\.", "head."),
    (r"^encoder\.layers\.encoder_layer_", "blocks."),
    (r"\.ln_(\d)\.", r".norm\1."),
    (r"\.self_attention\.in_proj_", ".attn.qkv."),
    (r"\.self_attention\.out_proj\.", ".attn.proj."),
    (r"\.mlp\.(0|linear_1)\.", ".mlp.fc1."),
    (r"\.mlp\.(3|linear_2)\.", ".mlp.fc2."),
)
TRANSFORMERS = (
    (r"^(vit|deit)\.", ""),
    (r"^pooler\..*", ""),
    (r"^embeddings\.cls_token$", "cls_token"),
    (r"^embeddings\.distillation_token$", "dist_token"),
    (r"^embeddings\.position_embeddings$", "pos_embed"),
    (r"^embeddings\.patch_embeddings\.projection\.", "patch_embed.proj."),
    (r"^layernorm\.", "norm."),
    (r"^(cls_)?classifier\.", "head."),
    (r"^distillation_classifier\.", "head_dist."),
    (r"^encoder\.layer\.", "blocks."),
    (r"\.layernorm_before\.", ".norm1."),
    (r"\.layernorm_after\.", ".norm2."),
    (r"\.attention\.attention\.query\.(\w+)$", r".attn.qkv.\1#0"),
    (r"\.attention\.attention\.key\.(\w+)$", r".attn.qkv.\1#1"),
    (r"\.attention\.attention\.value\.(\w+)$", r".attn.qkv.\1#2"),
    (r"\.attention\.output\.dense\.", ".attn.proj."),
    (r"\.intermediate\.dense\.", ".mlp.fc1."),
    (r"\.output\.dense\.", ".mlp.fc2."),
)

FAMILY = Family(
    architectures=_architectures(),
    build=VisionTransformer,
    head="head.bias",
    dialects={"timm": (), "torchvision": TORCHVISION, "transformers": TRANSFORMERS},
    model_types={"vit": _from_transformers, "deit": _deit},
    preprocessing=_preprocessing,
)
