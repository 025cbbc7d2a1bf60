"""Swin: four stages of transformer blocks whose attention stays inside windows of the map.

    stem      norm(a linear map of each patch (4, 4, 3)), a map of width w
    merging   norm of each 2x2 joined to 4 w, linear to 2 w; before every stage but the first
    block     x + attention(norm1 x); x + fc2(gelu(fc1(norm2 x)))
    attention within windows of s x s, biased by a learnt number for each head and each distance of
              two positions; every second block first rolls the map by s / 2, and what comes from
              opposite edges is kept apart (-100)
    features  mean over positions of the normalised last map; logits: linear

A map that windows do not fill is filled with zeros at the bottom and right, as in torchvision; one
that fits into a window is not rolled. A block on n positions costs 24 n w^2 + 4 n s^2 w.

References: Liu et al., ICCV 2021, arXiv 2103.14030. Names are timm's, the head's the authors'.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.family import Family, of_imagenet
from disco_jax.backbones.modules import LayerNorm, Linear
from disco_jax.data import Preprocessing

from .attention import Mlp, PatchEmbedding, attended


class Sizes(NamedTuple):
    """The width is that of the first stage, each next has twice as much."""

    width: int
    blocks: tuple[int, ...]
    heads: tuple[int, ...]
    window: int = 7
    size: int = 224
    patch: int = 4
    mlp: float = 4  # times the width
    eps: float = 1e-5


class WindowAttention(nnx.Module):
    """Of a map (b, h, w, c)."""

    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        self.qkv, self.proj = Linear(width, 3 * width), Linear(width, width)
        distances = (2 * window - 1) ** 2
        self.relative_position_bias_table = nnx.Param(jnp.zeros((distances, heads)))
        self.heads, self.window, self.shift = heads, window, shift

    def __call__(self, x: jax.Array) -> jax.Array:
        (b, h, w, _), s = x.shape, self.window
        x = jnp.pad(x, ((0, 0), (0, -h % s), (0, -w % s), (0, 0)))
        rows, columns = x.shape[1:3]
        down, across = (self.shift if side > s else 0 for side in (rows, columns))
        tokens = _windows(jnp.roll(x, (-down, -across), (1, 2)), s)
        q, k, v = jnp.moveaxis(self.qkv(tokens).reshape(*tokens.shape[:3], 3, self.heads, -1), 3, 0)
        bias = self._distances() + _apart((rows, columns), (down, across), s, x.dtype)
        y = self.proj(attended(q, k, v, bias[None]))
        y = y.reshape(b, rows // s, columns // s, s, s, -1).swapaxes(2, 3).reshape(x.shape)
        return jnp.roll(y, (down, across), (1, 2))[:, :h, :w]

    def _distances(self) -> jax.Array:
        """What each head adds for two positions of a window, (1, heads, t, t)."""
        row, column = np.divmod(np.arange(self.window**2), self.window)
        span = 2 * self.window - 1
        index = (row[:, None] - row) * span + column[:, None] - column + span**2 // 2
        return jnp.moveaxis(self.relative_position_bias_table[...][index], 2, 0)[None]


def _windows(x: Any, s: int) -> Any:
    """Maps (b, h, w, c) as windows (b, n, s s, c)."""
    b, h, w, c = x.shape
    return x.reshape(b, h // s, s, w // s, s, c).swapaxes(2, 3).reshape(b, -1, s * s, c)


def _apart(sides: Sequence[int], shifts: Sequence[int], s: int, dtype: Any) -> jax.Array:
    """-100 for two positions of a window that rolling brought together, (n, 1, t, t)."""
    down, across = (
        np.arange(side) >= side - shift for side, shift in zip(sides, shifts, strict=True)
    )
    edge = _windows((2 * down[:, None] + across[None])[None, :, :, None], s)[0, :, :, 0]
    return jnp.asarray(np.where(edge[:, :, None] == edge[:, None], 0, -100)[:, None], dtype)


class Block(nnx.Module):
    """Attention, then MLP."""

    def __init__(self, width: int, heads: int, shift: int, sizes: Sizes) -> None:
        self.norm1, self.norm2 = LayerNorm(width, sizes.eps), LayerNorm(width, sizes.eps)
        self.attn = WindowAttention(width, heads, sizes.window, shift)
        self.mlp = Mlp(width, int(sizes.mlp * width))

    def __call__(self, x: jax.Array) -> jax.Array:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Merging(nnx.Module):
    """Each 2x2 as one, row by row of the next column; an odd side gets a row or column of zeros."""

    def __init__(self, width: int) -> None:
        self.norm, self.reduction = LayerNorm(2 * width, 1e-5), Linear(2 * width, width, bias=False)

    def __call__(self, x: jax.Array) -> jax.Array:
        b, h, w, c = x.shape
        x = jnp.pad(x, ((0, 0), (0, h % 2), (0, w % 2), (0, 0)))
        x = x.reshape(b, (h + 1) // 2, 2, (w + 1) // 2, 2, c).transpose(0, 1, 3, 4, 2, 5)
        y: jax.Array = self.reduction(self.norm(x.reshape(*x.shape[:3], 4 * c)))
        return y


class Stage(nnx.Module):
    """Merging and blocks."""

    def __init__(self, place: int, sizes: Sizes) -> None:
        width, heads = sizes.width * 2**place, sizes.heads[place]
        self.downsample = Merging(width) if place else None
        shifts = (0, sizes.window // 2)
        self.blocks = nnx.List(
            [Block(width, heads, shifts[k % 2], sizes) for k in range(sizes.blocks[place])]
        )

    def __call__(self, x: jax.Array) -> jax.Array:
        x = x if self.downsample is None else self.downsample(x)
        for block in self.blocks:
            x = block(x)
        return x


class SwinTransformer(nnx.Module):
    """Layers by name: `layers.0` to `layers.3`."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        self.patch_embed = PatchEmbedding(3, sizes.width, sizes.patch, sizes.patch, 1e-5)
        self.layers = nnx.List([Stage(place, sizes) for place in range(len(sizes.blocks))])
        width = sizes.width * 2 ** (len(sizes.blocks) - 1)
        self.norm = LayerNorm(width, sizes.eps)
        self.head = Linear(width, classes) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        x = self.patch_embed(x)
        layers = {}
        for place, stage in enumerate(self.layers):
            layers[f"layers.{place}"] = x = stage(x)
        return of_map(self.norm(x), self.head, layers)


def _architectures() -> dict[str, Sizes]:
    known = {
        "tiny": Sizes(96, (2, 2, 6, 2), (3, 6, 12, 24)),
        "small": Sizes(96, (2, 2, 18, 2), (3, 6, 12, 24)),
        "base": Sizes(128, (2, 2, 18, 2), (4, 8, 16, 32)),
        "large": Sizes(192, (2, 2, 18, 2), (6, 12, 24, 48)),
    }
    found = {f"swin_{name}_patch4_window7_224": sizes for name, sizes in known.items()}
    for name in ("base", "large"):
        found[f"swin_{name}_patch4_window12_384"] = known[name]._replace(window=12, size=384)
    return found | {f"swin_{name[0]}": known[name] for name in ("tiny", "small", "base")}


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    if config.get("hidden_act", "gelu") != "gelu" or not config.get("qkv_bias", True):
        raise ValueError("only Swin with gelu and biases of q, k and v is known")
    if config.get("use_absolute_embeddings"):
        raise ValueError("Swin with absolute positions is not known")
    size = config["image_size"]
    return Sizes(
        config["embed_dim"],
        tuple(config["depths"]),
        tuple(config["num_heads"]),
        config["window_size"],
        size if isinstance(size, int) else size[0],
        config["patch_size"],
        config["mlp_ratio"],
        config["layer_norm_eps"],
    )


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    torchvision = {"swin_t": 232, "swin_s": 246, "swin_b": 238}
    usual = sizes.size if sizes.size >= 384 else int(sizes.size / 0.9)
    return of_imagenet(sizes.size, torchvision.get(name, usual), "bicubic")


def _later(match: Any) -> str:
    return f"layers.{int(match[1]) + 1}.downsample."


def _feature(match: Any) -> str:
    """Torchvision's `features`: stem, stage, merging, stage, merging, ..."""
    place = int(match[1])
    return f"layers.{place // 2}.{'blocks' if place % 2 else 'downsample'}."


BUFFERS = (r".*\.(relative_position_index|attn_mask)$", "")
TORCHVISION = (
    BUFFERS,
    (r"^features\.0\.0\.", "patch_embed.proj."),
    (r"^features\.0\.2\.", "patch_embed.norm."),
    (r"^features\.(\d+)\.", _feature),
    (r"\.mlp\.0\.", ".mlp.fc1."),
    (r"\.mlp\.3\.", ".mlp.fc2."),
)
TRANSFORMERS = (
    BUFFERS,
    (r"^(swin\.embeddings\.mask_token|decoder\..*)$", ""),
    (r"^swin\.", ""),
    (r"^embeddings\.patch_embeddings\.projection\.", "patch_embed.proj."),
    (r"^embeddings\.norm\.", "patch_embed.norm."),
    (r"^layernorm\.", "norm."),
    (r"^classifier\.", "head."),
    (r"^encoder\.", ""),
    (r"^layers\.(\d)\.downsample\.", _later),
    (r"\.layernorm_before\.", ".norm1."),
    (r"\.layernorm_after\.", ".norm2."),
    (r"\.attention\.self\.query\.(\w+)$", r".attn.qkv.\1#0"),
    (r"\.attention\.self\.key\.(\w+)$", r".attn.qkv.\1#1"),
    (r"\.attention\.self\.value\.(\w+)$", r".attn.qkv.\1#2"),
    (r"\.attention\.self\.", ".attn."),
    (r"\.attention\.output\.dense\.", ".attn.proj."),
    (r"\.intermediate\.dense\.", ".mlp.fc1."),
    (r"\.output\.dense\.", ".mlp.fc2."),
)

FAMILY = Family(
    architectures=_architectures(),
    build=SwinTransformer,
    head="head.bias",
    dialects={
        "timm": (BUFFERS, (r"^head\.fc\.", "head.")),
        "authors": (BUFFERS, (r"^layers\.(\d)\.downsample\.", _later)),
        "torchvision": TORCHVISION,
        "transformers": TRANSFORMERS,
    },
    model_types={"swin": _from_transformers},
    preprocessing=_preprocessing,
)
