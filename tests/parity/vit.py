"""Vision transformers of torchvision, timm and transformers."""

from .case import Case
from .libraries import before, timm, timm_outputs, torchvision, transformers

SMALL = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 2,
    "intermediate_size": 256,
    "image_size": 64,
    "num_labels": 5,
}


def vit(model, x):
    return model.vit(x).last_hidden_state[:, 0], model(x).logits


def headless(model, x):
    return model(x).last_hidden_state[:, 0], None


def teacher(model, x):
    return model.deit(x).last_hidden_state[:, :2].mean(1), model(x).logits


def deit(model, x):
    return model.deit(x).last_hidden_state[:, 0], model(x).logits


def of_timm(name, **options):
    return Case(f"timm-{name}", lambda: timm(name), timm_outputs, name, 224, **options)


def of_transformers(kind, config, outputs, **options):
    build = lambda: transformers(kind, config, **SMALL)  # noqa: E731
    return Case(f"hf-{kind}", build, outputs, layout="folder", **options)


CASES = [
    of_timm("vit_tiny_patch16_224"),
    of_timm("vit_small_patch16_224"),
    of_timm("deit_tiny_patch16_224"),
    of_timm("deit_small_distilled_patch16_224"),
    of_timm("vit_base_patch32_224"),
    Case(
        "timm-vit-small-images",
        lambda: timm("vit_tiny_patch16_224", depth=12, num_classes=0),
        timm_outputs,
        "vit_tiny_patch16_224",
        224,
    ),
    Case(
        "tv-vit_b_32",
        lambda: torchvision().models.vit_b_32(num_classes=5),
        before("heads.head"),
        "vit_b_32",
        224,
    ),
    Case(
        "tv-vit_b_16",
        lambda: torchvision().models.vit_b_16(num_classes=5),
        before("heads.head"),
        "vit_b_16",
        224,
    ),
    of_transformers("ViTForImageClassification", "ViTConfig", vit, golden=True),
    of_transformers("ViTModel", "ViTConfig", headless),
    of_transformers("DeiTForImageClassificationWithTeacher", "DeiTConfig", teacher, golden=True),
    of_transformers("DeiTForImageClassification", "DeiTConfig", deit),
]
