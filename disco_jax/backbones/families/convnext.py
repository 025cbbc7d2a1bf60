"""ConvNeXts: four stages of depthwise convolutions and MLPs beside the identity.

    stem      norm(conv p x p / p), p = 4
    stage     all but the first begin with conv 2x2 / 2 of the norm
    block     x + gamma fc2(gelu(fc1(norm(depthwise 7x7 x)))), gamma learnt, 4 w inside
    features  norm of the mean over positions; logits: linear

All norms are LayerNorms of the channels at each position. A block costs 16 w^2 + 98 w a position.

Reference: Liu et al., CVPR 2022. Names are timm's, which say more than torchvision's numbers.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Outputs
from disco_jax.backbones.family import Family, of_imagenet
from disco_jax.backbones.modules import Conv, LayerNorm, Linear, along
from disco_jax.backbones.precision import statistic_dtype
from disco_jax.data import Preprocessing

from .attention import Mlp


class Sizes(NamedTuple):
    """Blocks and width of each stage."""

    blocks: tuple[int, ...]
    widths: tuple[int, ...]
    patch: int = 4
    eps: float = 1e-6  # of the last norm; all others have 1e-6
    scaled: bool = True


class Block(nnx.Module):
    """A depthwise convolution, then an MLP."""

    def __init__(self, width: int, scaled: bool) -> None:
        self.conv_dw = Conv(width, width, 7, padding=3, groups=width, bias=True)
        self.norm, self.mlp = LayerNorm(width, 1e-6), Mlp(width, 4 * width)
        self.gamma = nnx.Param(jnp.zeros(width)) if scaled else None

    def __call__(self, x: jax.Array) -> jax.Array:
        y = self.mlp(self.norm(self.conv_dw(x)))
        return x + (y if self.gamma is None else y * along(self.gamma, y))


class Stage(nnx.Module):
    """Blocks, after half the resolution where there is a stage before."""

    def __init__(self, inputs: int | None, width: int, count: int, scaled: bool) -> None:
        halving = (
            [LayerNorm(inputs, 1e-6), Conv(inputs, width, 2, stride=2, bias=True)] if inputs else []
        )
        self.downsample = nnx.List(halving)
        self.blocks = nnx.List(Block(width, scaled) for _ in range(count))

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in (*self.downsample, *self.blocks):
            x = layer(x)
        return x


class Head(nnx.Module):
    """The last norm, and the logits."""

    def __init__(self, width: int, classes: int | None, eps: float) -> None:
        self.norm = LayerNorm(width, eps)
        self.fc = Linear(width, classes) if classes else None


class ConvNeXt(nnx.Module):
    """Layers by name: `stages.0` to `stages.3`."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        first, patch = sizes.widths[0], sizes.patch
        stem = Conv(3, first, patch, stride=patch, bias=True)
        self.stem = nnx.List([stem, LayerNorm(first, 1e-6)])
        inputs = (None, *sizes.widths[:-1])
        self.stages = nnx.List(
            Stage(*each, sizes.scaled)
            for each in zip(inputs, sizes.widths, sizes.blocks, strict=True)
        )
        self.head = Head(sizes.widths[-1], classes, sizes.eps)

    def __call__(self, x: jax.Array) -> Outputs:
        for layer in self.stem:
            x = layer(x)
        layers = {}
        for place, stage in enumerate(self.stages):
            layers[f"stages.{place}"] = x = stage(x)
        wide = statistic_dtype(x.dtype)
        features = self.head.norm(jnp.mean(x, (1, 2), dtype=wide).astype(x.dtype))
        logits = None if self.head.fc is None else self.head.fc(features).astype(wide)
        return Outputs(features.astype(wide), logits, x.astype(wide), layers)


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    if config.get("hidden_act", "gelu") != "gelu":
        raise ValueError("only ConvNeXts with gelu are known")
    return Sizes(
        tuple(config["depths"]),
        tuple(config["hidden_sizes"]),
        config["patch_size"],
        config["layer_norm_eps"],
        config["layer_scale_init_value"] > 0,
    )


SHORTER = {"convnext_tiny": 236, "convnext_small": 230, "convnext_base": 232}


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    return of_imagenet(224, SHORTER[name]) if name in SHORTER else of_imagenet(224, 256, "bicubic")


def _torchvision(match: Any) -> str:
    stage, halving = divmod(int(match[1]) - 1, 2)
    return f"stages.{stage + halving}.{'downsample' if halving else 'blocks'}.{match[2]}."


TORCHVISION = (
    (r"^features\.0\.", "stem."),
    (r"^features\.(\d)\.(\d+)\.", _torchvision),
    (r"\.block\.0\.", ".conv_dw."),
    (r"\.block\.2\.", ".norm."),
    (r"\.block\.3\.", ".mlp.fc1."),
    (r"\.block\.5\.", ".mlp.fc2."),
    (r"\.layer_scale$", ".gamma"),
    (r"^classifier\.0\.", "head.norm."),
    (r"^classifier\.2\.", "head.fc."),
)
TRANSFORMERS = (
    (r"^classifier\.", "head.fc."),
    (r"^convnext\.", ""),
    (r"^layernorm\.", "head.norm."),
    (r"^embeddings\.patch_embeddings\.", "stem.0."),
    (r"^embeddings\.layernorm\.", "stem.1."),
    (r"^encoder\.", ""),
    (r"\.downsampling_layer\.", ".downsample."),
    (r"\.layers\.", ".blocks."),
    (r"\.dwconv\.", ".conv_dw."),
    (r"\.layernorm\.", ".norm."),
    (r"\.pwconv(\d)\.", r".mlp.fc\1."),
    (r"\.layer_scale_parameter$", ".gamma"),
)

FAMILY = Family(
    architectures={
        "convnext_nano": Sizes((2, 2, 8, 2), (80, 160, 320, 640)),
        "convnext_tiny": Sizes((3, 3, 9, 3), (96, 192, 384, 768)),
        "convnext_small": Sizes((3, 3, 27, 3), (96, 192, 384, 768)),
        "convnext_base": Sizes((3, 3, 27, 3), (128, 256, 512, 1024)),
    },
    build=ConvNeXt,
    head="head.fc.bias",
    dialects={"timm": (), "torchvision": TORCHVISION, "transformers": TRANSFORMERS},
    model_types={"convnext": _from_transformers},
    preprocessing=_preprocessing,
)
