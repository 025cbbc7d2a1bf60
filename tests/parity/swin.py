"""Swin of torchvision, timm and transformers."""

from .case import Case
from .libraries import before, timm, timm_outputs, torchvision, transformers

SMALL = {
    "embed_dim": 16,
    "depths": [1, 2],
    "num_heads": [1, 2],
    "window_size": 4,
    "image_size": 64,
    "num_labels": 5,
}


def swin(model, x):
    return model.swin(x).pooler_output, model(x).logits


def headless(model, x):
    return model(x).pooler_output, None


def masked(model, x):
    return model.swin(x).last_hidden_state.mean(1), None


def of_transformers(kind, outputs, **options):
    build = lambda: transformers(kind, "SwinConfig", **SMALL)  # noqa: E731
    return Case(f"hf-{kind}", build, outputs, layout="folder", **options)


CASES = [
    *(
        Case(f"timm-{name}", lambda name=name: timm(name), timm_outputs, name, 224)
        for name in (
            "swin_tiny_patch4_window7_224",
            "swin_small_patch4_window7_224",
            "swin_base_patch4_window7_224",
        )
    ),
    *(  # 72 pixels: windows are filled with zeros, and an odd map is merged
        Case(
            f"tv-{name}",
            lambda name=name: getattr(torchvision().models, name)(num_classes=5),
            before("head"),
            name,
            72,
        )
        for name in ("swin_t", "swin_s", "swin_b")
    ),
    of_transformers("SwinForImageClassification", swin, golden=True),
    of_transformers("SwinModel", headless),
    of_transformers("SwinForMaskedImageModeling", masked),
]
