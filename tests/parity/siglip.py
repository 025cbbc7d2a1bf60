"""Vision towers of SigLIP of timm and transformers."""

from . import clip
from .case import Case
from .clip import alone, tower
from .libraries import timm, timm_outputs, transformers

NAME = "vit_base_patch16_siglip_224"


def of_transformers(kind, outputs, config, sizes, **options):
    build = lambda: transformers(kind, config, **sizes)  # noqa: E731
    return Case(f"hf-{kind}", build, outputs, layout="folder", **options)


CASES = [
    Case(f"timm-{NAME}", lambda: timm(NAME, num_classes=0), timm_outputs, NAME, 224),
    of_transformers("SiglipVisionModel", alone, "SiglipVisionConfig", clip.VISION, golden=True),
    of_transformers(
        "SiglipModel",
        tower,
        "SiglipConfig",
        {"text_config": clip.TEXT, "vision_config": clip.VISION},
    ),
]
