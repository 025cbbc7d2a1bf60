"""What a `config.json` beside the weights says: the architecture, and how pictures are prepared.

    timm           {"architecture": "resnet50", "pretrained_cfg": {"input_size": ..., "mean": ...}}
    transformers   {"model_type": "resnet", ...}, and preprocessor_config.json

Torchvision's files say nothing.
"""

import math
from collections.abc import Mapping
from typing import Any

from disco_jax.data.preprocessing import Preprocessing, standard

from .checkpoint import Checkpoint

RESAMPLING = {2: "bilinear", 3: "bicubic"}  # PIL's numbers


def architecture_of(checkpoint: Checkpoint) -> str | None:
    """The name that timm gives to the architecture, without its tag; None where there is none."""
    name = checkpoint.config.get("architecture")
    return name.split(".")[0] if isinstance(name, str) else None


def model_type_of(checkpoint: Checkpoint) -> str | None:
    """Transformers' name of the kind of network; None where there is none."""
    name = checkpoint.config.get("model_type")
    return name if isinstance(name, str) else None


def preprocessing_of(checkpoint: Checkpoint) -> Preprocessing | None:
    """How the network wants its pictures; None where the checkpoint does not say.

    Raises:
        ValueError: One line that names the file, what is wrong with it and what to do.
    """
    config, preprocessor = checkpoint.config, checkpoint.preprocessor
    try:
        if "architecture" in config:
            return _timm(config.get("pretrained_cfg") or config)
        return _transformers(preprocessor) if preprocessor else None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as why:
        problem = f"not understood ({type(why).__name__}: {why})"
        remedy = "correct its config.json or preprocessor_config.json"
        raise ValueError(f"{checkpoint.path}: preprocessing: {problem}; {remedy}") from why


def _timm(config: Mapping[str, Any]) -> Preprocessing | None:
    if "input_size" not in config:
        return None
    size = int(config["input_size"][-1])
    whole = config.get("crop_mode", "center") == "squash"
    return standard(
        size,
        shorter=None if whole else math.floor(size / float(config.get("crop_pct") or 0.875)),
        interpolation=config.get("interpolation", "bilinear"),
        mean=config["mean"],
        deviation=config["std"],
    )


def _transformers(config: Mapping[str, Any]) -> Preprocessing:
    """Of an image processor's parameters; a processor that crops has its size in `crop_size`."""
    asked, crop = config["size"], config.get("crop_size")
    shorter = asked if isinstance(asked, int) else asked.get("shortest_edge")
    if isinstance(asked, Mapping) and shorter is None:
        shorter = None if not config.get("do_center_crop") else int(asked["height"])
    if config.get("do_center_crop") and crop is not None:
        size = int(crop if isinstance(crop, int) else crop["height"])
    elif shorter is not None and "crop_pct" in config:  # resize to more, then crop to it
        size, shorter = int(shorter), int(int(shorter) / float(config["crop_pct"]))
    else:
        size, shorter = int(shorter or asked["height"]), None
    scaled = float(config.get("rescale_factor", 1 / 255)) * 255
    plain = not config.get("do_normalize", True)
    return standard(
        size,
        shorter=None if shorter is None else int(shorter),
        interpolation=RESAMPLING[int(config.get("resample", 2))],
        mean=[0, 0, 0] if plain else [m / scaled for m in config["image_mean"]],
        deviation=[1 / scaled] * 3 if plain else [s / scaled for s in config["image_std"]],
    )
