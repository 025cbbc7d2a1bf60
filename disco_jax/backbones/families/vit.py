"""ViT and DeiT, and the same networks trained without labels by DINO and MoCo-v3.

The self-supervised have no head: what they learnt with (projection heads, predictor, momentum
encoder) is left out of their files. MoCo-v3's positions were never trained, but are stored.

References: Dosovitskiy et al., ICLR 2021; DeiT, Touvron et al., ICML 2021; DINO, Caron et al., ICCV
2021; MoCo-v3, Chen et al., ICCV 2021. Names are timm's and torchvision's, and DINO's own.
"""

from collections.abc import Mapping
from typing import Any

from disco_jax.backbones.family import HALF, IMAGENET, Family, of_imagenet
from disco_jax.data import Preprocessing, standard

from .attention import ACTIVATIONS
from .vision_transformer import Sizes, VisionTransformer

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
    for patch in (16, 8):
        found[f"dino_vits{patch}"] = Sizes(*WIDTHS["small"], patch, resampling="offset")
        found[f"dino_vitb{patch}"] = Sizes(*WIDTHS["base"], patch, resampling="offset")
    found["moco_v3_small"] = Sizes(384, 12, 12)
    found["moco_v3_base"] = Sizes(*WIDTHS["base"])
    return found


def from_transformers(config: Mapping[str, Any]) -> Sizes:
    """Sizes by a configuration of transformers'."""
    activation = config.get("hidden_act", "gelu")
    if activation not in ACTIVATIONS or not config.get("qkv_bias", True):
        raise ValueError("only transformers with a gelu and biases of q, k and v are known")
    width, size = int(config["hidden_size"]), config["image_size"]
    return Sizes(
        width,
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["patch_size"],
        size,
        config["layer_norm_eps"],
        config["intermediate_size"] // width,
        activation=activation,
        resampling="plain",
    )


def _deit(config: Mapping[str, Any]) -> Sizes:
    alone = config.get("architectures") == ["DeiTForImageClassification"]
    pool = "class" if alone else "tokens"
    return from_transformers(config)._replace(distilled=True, pool=pool)


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    if name in ("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32") or name.startswith("moco"):
        return of_imagenet()
    if name.startswith("dino"):
        return of_imagenet(interpolation="bicubic")
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
DINO = (
    (r"^(module\.)?head\.(mlp|last_layer)\..*", ""),
    (r"^(module\.)?(backbone\.)?", ""),
)
MOCO = (
    (r"^module\.(momentum_encoder|predictor)\..*", ""),
    (r"^module\.base_encoder\.head\..*", ""),
    (r"^module\.(base_encoder\.)?", ""),
)

FAMILY = Family(
    architectures=_architectures(),
    build=VisionTransformer,
    head="head.bias",
    dialects={
        "timm": (),
        "torchvision": TORCHVISION,
        "transformers": TRANSFORMERS,
        "dino": DINO,
        "moco": MOCO,
    },
    model_types={"vit": from_transformers, "deit": _deit},
    preprocessing=_preprocessing,
)
