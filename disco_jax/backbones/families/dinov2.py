"""DINOv2: vision transformers with a learnt factor on each branch, trained without labels.

Positions belong to 37 x 37 patches of 14 pixels; smaller pictures have theirs resampled, in each
library by its own rule (`positions`). timm's expect 518 pixels, all others 224.

Features are what the last linear layer reads: the class token; or, in transformers' networks with a
classifier, class token and mean of the patches' tokens side by side, twice as wide.

Reference: Oquab et al., TMLR 2024. Names are timm's, of the authors' files too: `dinov2_vits14`.
"""

from collections.abc import Mapping
from typing import Any

from disco_jax.backbones.family import IMAGENET, Family, of_imagenet
from disco_jax.data import Preprocessing, standard

from . import vit
from .vision_transformer import Sizes, VisionTransformer


def _architectures() -> dict[str, Sizes]:
    found = {}
    for name in ("small", "base", "large"):
        sizes = Sizes(*vit.WIDTHS[name], 14, 518, scaled=True)
        found[f"vit_{name}_patch14_dinov2"] = sizes
        found[f"dinov2_vit{name[0]}14"] = sizes._replace(resampling="offset")
    return found


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    if config.get("use_swiglu_ffn"):
        raise ValueError("DINOv2 with a gated MLP is not known")
    width, ratio = int(config["hidden_size"]), int(config["mlp_ratio"])
    sizes = vit.from_transformers({**config, "intermediate_size": width * ratio})
    classifies = config.get("architectures") == ["Dinov2ForImageClassification"]
    return sizes._replace(scaled=True, pool="both" if classifies else "class")


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    if name.startswith("vit"):
        return standard(518, shorter=518, interpolation="bicubic", **IMAGENET)
    return of_imagenet(interpolation="bicubic")


TRANSFORMERS = (
    (r"^dinov2\.", ""),
    (r"^embeddings\.mask_token$", ""),
    (r"\.layer_scale(\d)\.lambda1$", r".ls\1.gamma"),
    *vit.TRANSFORMERS,
)

FAMILY = Family(
    architectures=_architectures(),
    build=VisionTransformer,
    head="head.bias",
    dialects={"timm": ((r"^mask_token$", ""),), "transformers": TRANSFORMERS},
    model_types={"dinov2": _from_transformers},
    preprocessing=_preprocessing,
)
