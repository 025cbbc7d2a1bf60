"""ConvNeXts of torchvision, timm and transformers."""

from .case import Case
from .libraries import before, timm, timm_outputs, torchvision, transformers

SMALL = {"num_stages": 2, "depths": [1, 2], "hidden_sizes": [8, 16]}


def of_torchvision(name):
    build = lambda: getattr(torchvision().models, name)(num_classes=7)  # noqa: E731
    return Case(f"tv-{name}", build, before("classifier.2"), name)


def of_timm(name, suffix="", **options):
    return Case(f"timm-{name}{suffix}", lambda: timm(name, **options), timm_outputs, name)


def hugging(model, x):
    return model.convnext(x).pooler_output, model(x).logits


def headless(model, x):
    return model(x).pooler_output, None


def of_transformers(name, outputs, kind="ConvNextForImageClassification", **options):
    golden = options.pop("golden", False)
    build = lambda: transformers(kind, "ConvNextConfig", num_labels=5, **options)  # noqa: E731
    return Case(f"hf-{name}", build, outputs, layout="folder", golden=golden)


CASES = [
    of_torchvision("convnext_tiny"),
    of_torchvision("convnext_small"),
    of_timm("convnext_nano"),
    of_timm("convnext_tiny"),
    of_timm("convnext_tiny", "-headless", num_classes=0),
    of_timm("convnext_base"),
    of_transformers("small", hugging, golden=True, **SMALL),
    of_transformers("unscaled", hugging, layer_scale_init_value=0.0, patch_size=2, **SMALL),
    of_transformers("tiny-headless", headless, "ConvNextModel"),
]
