"""PVT: a pyramid of four stages of transformer blocks whose keys are those of a smaller map.

    stage     norm(a linear map of each patch, 4x4 first and 2x2 then) plus positions, then blocks;
              before the blocks of the last stage comes a class token
    block     x + attention(norm1 x); x + fc2(gelu(fc1(norm2 x)))
    attention every position asks; keys and values are of norm(conv x), a patch of r x r each, or of
              x itself where r = 1
    features  the normalised class token; logits: linear

A block on n positions of width w costs O(n w^2 + n^2 w / r^2).

References: Wang et al., ICCV 2021, arXiv 2102.12122. Names are the authors'.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Outputs
from disco_jax.backbones.family import Family, of_imagenet
from disco_jax.backbones.modules import Conv, LayerNorm, Linear
from disco_jax.backbones.precision import statistic_dtype
from disco_jax.data import Preprocessing

from .attention import Mlp, PatchEmbedding, attended


class Sizes(NamedTuple):
    """Of each stage."""

    blocks: tuple[int, ...]
    widths: tuple[int, ...] = (64, 128, 320, 512)
    heads: tuple[int, ...] = (1, 2, 5, 8)
    reductions: tuple[int, ...] = (8, 4, 2, 1)
    mlp: tuple[float, ...] = (8, 8, 4, 4)  # times the width
    patches: tuple[int, ...] = (4, 2, 2, 2)
    size: int = 224
    eps: float = 1e-6
    inner_eps: float = 1e-5  # of patches, and of keys


class Attention(nnx.Module):
    """Of tokens to those of a smaller map; names of both PVTs."""

    def __init__(self, width: int, heads: int, reduction: int, eps: float) -> None:
        self.q, self.kv = Linear(width, width), Linear(width, 2 * width)
        self.proj = Linear(width, width)
        smaller = reduction > 1
        self.sr = Conv(width, width, reduction, stride=reduction, bias=True) if smaller else None
        self.norm = LayerNorm(width, eps) if smaller else None
        self.heads = heads

    def __call__(self, x: jax.Array, side: tuple[int, int]) -> jax.Array:
        b, t, w = x.shape
        asked = x
        if self.sr is not None and self.norm is not None:
            asked = self.norm(self.sr(x.reshape(b, *side, w))).reshape(b, -1, w)
        q = self.q(x).reshape(b, t, self.heads, -1)
        k, v = jnp.moveaxis(self.kv(asked).reshape(b, -1, 2, self.heads, w // self.heads), 2, 0)
        y: jax.Array = self.proj(attended(q, k, v))
        return y


class Block(nnx.Module):
    """Attention, then MLP."""

    def __init__(self, place: int, sizes: Sizes) -> None:
        width, reduction = sizes.widths[place], sizes.reductions[place]
        self.norm1, self.norm2 = LayerNorm(width, sizes.eps), LayerNorm(width, sizes.eps)
        self.attn = Attention(width, sizes.heads[place], reduction, sizes.inner_eps)
        self.mlp = Mlp(width, int(sizes.mlp[place] * width))

    def __call__(self, x: jax.Array, side: tuple[int, int]) -> jax.Array:
        x = x + self.attn(self.norm1(x), side)
        return x + self.mlp(self.norm2(x))


class PyramidTransformer(nnx.Module):
    """Layers by name: maps `block1` to `block3`, and the tokens of `block4`."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        inputs, side, last = 3, sizes.size, len(sizes.blocks) - 1
        for place, (width, patch) in enumerate(zip(sizes.widths, sizes.patches, strict=True)):
            side //= patch
            tokens = side * side + (place == last)
            embedding = PatchEmbedding(inputs, width, patch, patch, sizes.inner_eps)
            blocks = nnx.List([Block(place, sizes) for _ in range(sizes.blocks[place])])
            setattr(self, f"patch_embed{place + 1}", embedding)
            setattr(self, f"pos_embed{place + 1}", nnx.Param(jnp.zeros((1, tokens, width))))
            setattr(self, f"block{place + 1}", blocks)
            inputs = width
        self.cls_token = nnx.Param(jnp.zeros((1, 1, inputs)))
        self.norm = LayerNorm(inputs, sizes.eps)
        self.head = Linear(inputs, classes) if classes else None
        self.stages = len(sizes.blocks)

    def __call__(self, x: jax.Array) -> Outputs:
        layers = {}
        for stage in range(1, self.stages + 1):
            x = getattr(self, f"patch_embed{stage}")(x)
            b, h, w, c = x.shape
            x = x.reshape(b, h * w, c)
            if stage == self.stages:
                x = jnp.concatenate([jnp.broadcast_to(self.cls_token[...], (b, 1, c)), x], 1)
            x = x + getattr(self, f"pos_embed{stage}")[...]
            for block in getattr(self, f"block{stage}"):
                x = block(x, (h, w))
            x = x if stage == self.stages else x.reshape(b, h, w, c)
            layers[f"block{stage}"] = x
        tokens = self.norm(x)
        wide = tokens.astype(statistic_dtype(x.dtype))
        logits = None if self.head is None else self.head(tokens[:, 0]).astype(wide.dtype)
        return Outputs(wide[:, 0], logits, wide[:, 1:].reshape(b, h, w, c), layers)


def from_transformers(config: Mapping[str, Any], reductions: str) -> Sizes:
    """Of either PVT; ``reductions`` is the field that has them."""
    if config.get("hidden_act", "gelu") != "gelu" or not config.get("qkv_bias", True):
        raise ValueError("only PVT with gelu and biases of q, k and v is known")
    size, eps = config["image_size"], config["layer_norm_eps"]
    return Sizes(
        tuple(config["depths"]),
        tuple(config["hidden_sizes"]),
        tuple(config["num_attention_heads"]),
        tuple(config[reductions]),
        tuple(config["mlp_ratios"]),
        tuple(config["strides"]),
        size if isinstance(size, int) else size[0],
        eps,
        eps,
    )


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    sizes = from_transformers(config, "sequence_reduction_ratios")
    if tuple(config["patch_sizes"]) != sizes.patches or sizes.reductions[-1] != 1:
        raise ValueError("only patches beside each other and a whole last map are known")
    return sizes


def preprocessing(name: str, sizes: Any) -> Preprocessing:
    """The authors' of either PVT."""
    return of_imagenet(sizes.size, int(sizes.size / 0.9), "bicubic")


def _embedded(match: Any) -> str:
    name = {"projection": "patch_embed{}.proj", "layer_norm": "patch_embed{}.norm"}.get(match[2])
    return (name or "pos_embed{}").format(int(match[1]) + 1)


PARTS = (  # of blocks, in transformers
    (r"\.layer_norm_(\d)\.", r".norm\1."),
    (r"\.attention\.(self\.)?query\.", ".attn.q."),
    (r"\.attention\.(self\.)?key\.(\w+)$", r".attn.kv.\2#0"),
    (r"\.attention\.(self\.)?value\.(\w+)$", r".attn.kv.\2#1"),
    (r"\.attention\.(self\.)?(sequence|spatial)_reduction\.", ".attn.sr."),
    (r"\.attention\.(self\.)?layer_norm\.", ".attn.norm."),
    (r"\.attention\.(output\.dense|proj)\.", ".attn.proj."),
    (r"\.mlp\.dense(\d)\.", r".mlp.fc\1."),
)
TRANSFORMERS = (
    (r"^(pvt\.)?encoder\.", ""),
    (r"^classifier\.", "head."),
    (r"^patch_embeddings\.\d\.cls_token$", "cls_token"),
    (r"^patch_embeddings\.(\d)\.(projection|layer_norm|position_embeddings)", _embedded),
    (r"^block\.(\d)\.", lambda match: f"block{int(match[1]) + 1}."),
    (r"^layer_norm\.", "norm."),
    *PARTS,
)

FAMILY = Family(
    architectures={
        "pvt_tiny": Sizes((2, 2, 2, 2)),
        "pvt_small": Sizes((3, 4, 6, 3)),
        "pvt_medium": Sizes((3, 4, 18, 3)),
        "pvt_large": Sizes((3, 8, 27, 3)),
    },
    build=PyramidTransformer,
    head="head.bias",
    dialects={"authors": (), "transformers": TRANSFORMERS},
    model_types={"pvt": _from_transformers},
    preprocessing=preprocessing,
)
