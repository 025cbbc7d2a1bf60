"""SigLIP's vision towers: vision transformers without a class token.

Features are the attention of a learnt token to all patches (`AttentionPool`): what the loss
compares with the text, whose tower is left out of transformers' files. There are no logits.

timm computes the exact gelu, transformers the approximation that the weights were trained with.

Reference: Zhai et al., ICCV 2023. Names are timm's; q, k and v of the pool are one array here.
"""

from collections.abc import Mapping
from typing import Any

from disco_jax.backbones.family import HALF, Family
from disco_jax.data import Preprocessing, standard

from . import clip, vit
from .vision_transformer import Sizes, VisionTransformer

DEFAULTS = {
    **clip.DEFAULTS,
    "patch_size": 16,
    "layer_norm_eps": 1e-6,
    "hidden_act": "gelu_pytorch_tanh",
}


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    vision = {**DEFAULTS, **config.get("vision_config", config)}
    classifies = config.get("architectures") == ["SiglipForImageClassification"]
    if classifies or not vision.get("vision_use_head", True):
        raise ValueError("SigLIP without its attention pool is not known")
    return vit.from_transformers(vision)._replace(pool="attention")


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    shorter = int(sizes.size / 0.9) if name.startswith("vit") else None
    return standard(sizes.size, shorter=shorter, interpolation="bicubic", **HALF)


TIMM = (
    (r"^attn_pool\.q\.(\w+)$", r"attn_pool.qkv.\1#0"),
    (r"^attn_pool\.kv\.(\w+)$", r"attn_pool.qkv.\1#1"),
)
TRANSFORMERS = (
    (r"^(vision_model\.)?head\.probe$", "attn_pool.latent"),
    (r"^(vision_model\.)?head\.attention\.in_proj_", "attn_pool.qkv."),
    (r"^(vision_model\.)?head\.attention\.out_proj\.", "attn_pool.proj."),
    (r"^(vision_model\.)?head\.layernorm\.", "attn_pool.norm."),
    (r"^(vision_model\.)?head\.mlp\.", "attn_pool.mlp."),
    *clip.TRANSFORMERS,
)

FAMILY = Family(
    architectures={
        f"vit_{name}_patch16_siglip_{size}": Sizes(*vit.WIDTHS[name], 16, size, pool="attention")
        for name, size in (("base", 224), ("base", 256), ("base", 384), ("large", 256))
    },
    build=VisionTransformer,
    head="head.bias",
    dialects={"timm": TIMM, "transformers": TRANSFORMERS},
    model_types={"siglip": _from_transformers, "siglip_vision_model": _from_transformers},
    preprocessing=_preprocessing,
)
