"""Vision towers of CLIP of timm and transformers."""

from .case import Case
from .libraries import timm, timm_outputs, transformers

SMALL = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 2,
    "intermediate_size": 256,
}
VISION = {**SMALL, "image_size": 64, "patch_size": 16}
TEXT = {**SMALL, "vocab_size": 16, "bos_token_id": 1, "eos_token_id": 2}


def tower(model, x):
    return model.vision_model(x).pooler_output, None


def alone(model, x):
    return model(x).pooler_output, None


def of_timm(name):
    return Case(f"timm-{name}", lambda: timm(name, num_classes=5), timm_outputs, name, 224)


def of_transformers(kind, outputs, config="CLIPVisionConfig", sizes=VISION, **options):
    build = lambda: transformers(kind, config, **sizes)  # noqa: E731
    return Case(f"hf-{kind}", build, outputs, layout="folder", **options)


CASES = [
    of_timm("vit_base_patch32_clip_224"),
    of_timm("vit_base_patch16_clip_224"),
    of_timm("vit_base_patch32_clip_quickgelu_224"),
    of_timm("vit_base_patch16_clip_quickgelu_224"),
    of_transformers("CLIPVisionModelWithProjection", tower, golden=True),
    of_transformers("CLIPVisionModel", alone),
    of_transformers(
        "CLIPModel", tower, "CLIPConfig", {"text_config": TEXT, "vision_config": VISION}
    ),
]
