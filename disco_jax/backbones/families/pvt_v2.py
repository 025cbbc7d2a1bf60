"""PVT version 2: overlapping patches, no positions and no class token, a convolution in each MLP.

    stem      norm(conv 7x7 / 4); before every other stage norm(conv 3x3 / 2)
    block     x + attention(norm1 x); x + fc2(gelu(depthwise 3x3(fc1(norm2 x))))
    attention that of `pvt`
    stage     blocks, then norm
    features  mean over positions of the last stage; logits: linear

Reference: Wang et al., Computational Visual Media 2022, arXiv 2106.13797. Names are timm's.
"""

from collections.abc import Mapping
from typing import Any

import jax
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.family import Family
from disco_jax.backbones.modules import Conv, LayerNorm, Linear

from .attention import ACTIVATIONS, PatchEmbedding
from .pvt import PARTS, Attention, Sizes, from_transformers, preprocessing


class Mlp(nnx.Module):
    """On each token and its neighbours."""

    def __init__(self, width: int, inner: int) -> None:
        self.fc1, self.fc2 = Linear(width, inner), Linear(inner, width)
        self.dwconv = Conv(inner, inner, 3, padding=1, groups=inner, bias=True)

    def __call__(self, x: jax.Array, side: tuple[int, int]) -> jax.Array:
        y = self.fc1(x)
        y = self.dwconv(y.reshape(y.shape[0], *side, y.shape[2])).reshape(y.shape)
        y = self.fc2(ACTIVATIONS["gelu"](y))
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
        return x + self.mlp(self.norm2(x), side)


class Stage(nnx.Module):
    """A smaller map, blocks, norm."""

    def __init__(self, place: int, sizes: Sizes) -> None:
        before, width = sizes.widths[place - 1], sizes.widths[place]
        eps = sizes.inner_eps
        self.downsample = PatchEmbedding(before, width, 3, 2, eps) if place else None
        self.blocks = nnx.List([Block(place, sizes) for _ in range(sizes.blocks[place])])
        self.norm = LayerNorm(width, sizes.eps)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = x if self.downsample is None else self.downsample(x)
        b, h, w, c = x.shape
        x = x.reshape(b, h * w, c)
        for block in self.blocks:
            x = block(x, (h, w))
        return self.norm(x).reshape(b, h, w, c)


class PyramidTransformer(nnx.Module):
    """Layers by name: `stages.0` to `stages.3`."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        self.patch_embed = PatchEmbedding(3, sizes.widths[0], 7, 4, sizes.inner_eps)
        self.stages = nnx.List([Stage(place, sizes) for place in range(len(sizes.blocks))])
        self.head = Linear(sizes.widths[-1], classes) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        x = self.patch_embed(x)
        layers = {}
        for place, stage in enumerate(self.stages):
            layers[f"stages.{place}"] = x = stage(x)
        return of_map(x, self.head, layers)


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    sizes = from_transformers(config, "sr_ratios")
    patches = list(zip(config["patch_sizes"], config["strides"], strict=True))
    if config.get("linear_attention") or patches != [(7, 4), *[(3, 2)] * (len(patches) - 1)]:
        raise ValueError("only PVTv2 with patches of 7 and 3 and without linear attention is known")
    return sizes


def _stage(match: Any) -> str:
    """Of the authors' `patch_embed1`, `block1`, `norm1`."""
    kind, place = match[1], int(match[2]) - 1
    if kind == "patch_embed" and place == 0:
        return "patch_embed."
    ours = {"patch_embed": "downsample", "block": "blocks", "norm": "norm"}[kind]
    return f"stages.{place}.{ours}."


AUTHORS = (
    (r"^(patch_embed|block|norm)(\d)\.", _stage),
    (r"\.dwconv\.dwconv\.", ".dwconv."),
)
TRANSFORMERS = (
    (r"^(pvt_v2\.)?encoder\.layers\.", "stages."),
    (r"^classifier\.", "head."),
    (r"^stages\.0\.patch_embedding\.", "patch_embed."),
    (r"^stages\.(\d)\.patch_embedding\.", r"stages.\1.downsample."),
    (r"\.attention\.layer_norm\.", ".attn.norm."),
    (r"\.layer_norm\.", ".norm."),
    (r"\.dwconv\.dwconv\.", ".dwconv."),
    *PARTS,
)

FAMILY = Family(
    architectures={
        "pvt_v2_b0": Sizes((2, 2, 2, 2), (32, 64, 160, 256)),
        "pvt_v2_b1": Sizes((2, 2, 2, 2)),
        "pvt_v2_b2": Sizes((3, 4, 6, 3)),
        "pvt_v2_b3": Sizes((3, 4, 18, 3)),
        "pvt_v2_b4": Sizes((3, 8, 27, 3)),
        "pvt_v2_b5": Sizes((3, 6, 40, 3), mlp=(4, 4, 4, 4)),
    },
    build=PyramidTransformer,
    head="head.bias",
    dialects={"timm": (), "authors": AUTHORS, "transformers": TRANSFORMERS},
    model_types={"pvt_v2": _from_transformers},
    preprocessing=preprocessing,
)
