"""CLIP's vision towers: vision transformers whose tokens are normalised before the first block.

Features are the normalised class token, as in the paper's linear probes: the text tower and both
projections to the common space are left out of transformers' files. timm stores the projection as
its head where it has trained no classifier: logits are then coordinates in that space.

timm's `..._clip_quickgelu_...`, like OpenAI's own, have CLIP's gelu; its `..._clip_...` the exact.

Reference: Radford et al., ICML 2021. Names are timm's.
"""

from collections.abc import Mapping
from typing import Any

from disco_jax.backbones.family import Family
from disco_jax.data import Preprocessing, standard

from . import vit
from .vision_transformer import Sizes, VisionTransformer

OPENAI = {
    "mean": (0.48145466, 0.4578275, 0.40821073),
    "deviation": (0.26862954, 0.26130258, 0.27577711),
}
DEFAULTS = {  # of transformers; a file's configuration need not repeat them
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "image_size": 224,
    "patch_size": 32,
    "layer_norm_eps": 1e-5,
    "hidden_act": "quick_gelu",
}


def _architectures() -> dict[str, Sizes]:
    found = {}
    for name, patch in (("base", 32), ("base", 16), ("large", 14)):
        sizes = Sizes(*vit.WIDTHS[name], patch, eps=1e-5, normed=True)
        found[f"vit_{name}_patch{patch}_clip_224"] = sizes
        quick = sizes._replace(activation="quick_gelu")
        found[f"vit_{name}_patch{patch}_clip_quickgelu_224"] = quick
    return found


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    if config.get("architectures") == ["CLIPForImageClassification"]:
        raise ValueError("a classifier on CLIP's tokens before their last norm is not known")
    vision = {**DEFAULTS, **config.get("vision_config", config)}
    return vit.from_transformers(vision)._replace(normed=True, pool="class")


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    return standard(sizes.size, shorter=sizes.size, interpolation="bicubic", **OPENAI)


TRANSFORMERS = (
    (r"^(text_model|text_projection|visual_projection|logit_scale|logit_bias)\b.*", ""),
    (r".*\.position_ids$", ""),
    (r"^vision_model\.", ""),
    (r"^embeddings\.class_embedding$", "cls_token"),
    (r"^embeddings\.position_embedding\.weight$", "pos_embed"),
    (r"^embeddings\.patch_embedding\.", "patch_embed.proj."),
    (r"^pre_layrnorm\.", "norm_pre."),
    (r"^post_layernorm\.", "norm."),
    (r"^encoder\.layers\.", "blocks."),
    (r"\.layer_norm(\d)\.", r".norm\1."),
    (r"\.self_attn\.q_proj\.(\w+)$", r".attn.qkv.\1#0"),
    (r"\.self_attn\.k_proj\.(\w+)$", r".attn.qkv.\1#1"),
    (r"\.self_attn\.v_proj\.(\w+)$", r".attn.qkv.\1#2"),
    (r"\.self_attn\.out_proj\.", ".attn.proj."),
)

FAMILY = Family(
    architectures=_architectures(),
    build=VisionTransformer,
    head="head.bias",
    dialects={"timm": (), "transformers": TRANSFORMERS},
    model_types={"clip": _from_transformers, "clip_vision_model": _from_transformers},
    preprocessing=_preprocessing,
)
