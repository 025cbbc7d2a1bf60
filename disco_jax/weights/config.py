"""What a `config.json` beside the weights says: the architecture, and how pictures are prepared.

    timm           {"architecture": "resnet50", "pretrained_cfg": {"input_size": ..., "mean": ...}}
    transformers   {"model_type": "resnet", ...}, and preprocessor_config.json

Torchvision's files say nothing.
"""

import math
from collections.abc import Mapping
from typing import Any

from disco_jax.data import Preprocessing, standard
from disco_jax.errors import InputError

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
            return timm_preprocessing(config.get("pretrained_cfg") or config)
        return _transformers(preprocessor) if preprocessor else None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as why:
        problem = f"not understood ({type(why).__name__}: {why})"
        remedy = "correct its config.json or preprocessor_config.json"
        raise InputError(checkpoint.path, "preprocessing", problem, remedy) from why


def timm_preprocessing(config: Mapping[str, Any]) -> Preprocessing | None:
    """That of a `pretrained_cfg`, or of timm's data configuration; None where it says nothing."""
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
    aspect = isinstance(asked, Mapping) and "shortest_edge" in asked
    side = asked if isinstance(asked, int) else asked["shortest_edge" if aspect else "height"]
    size, shorter = int(side), None
    if config.get("do_center_crop") and crop is not None:
        size, shorter = int(crop if isinstance(crop, int) else crop["height"]), size
    elif aspect and "crop_pct" in config:  # resize to more, then crop to it
        shorter = int(size / float(config["crop_pct"]))
    scaled = float(config.get("rescale_factor", 1 / 255)) * 255
    plain = not config.get("do_normalize", True)
    how = standard(
        size,
        shorter=shorter,
        interpolation=RESAMPLING[int(config.get("resample", 2))],
        mean=[0, 0, 0] if plain else [m / scaled for m in config["image_mean"]],
        deviation=[1 / scaled] * 3 if plain else [s / scaled for s in config["image_std"]],
    )
    return how._replace(aspect=aspect or shorter is None)
