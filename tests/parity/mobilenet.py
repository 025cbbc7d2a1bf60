"""MobileNets of torchvision, timm and transformers."""

from .case import Case
from .libraries import before, timm, timm_outputs, torchvision, transformers

TIMM = (
    "mobilenetv1_100",
    "mobilenetv1_125",
    "mobilenetv2_050",
    "mobilenetv2_075",
    "mobilenetv2_100",
    "mobilenetv2_140",
    "mobilenet_edgetpu_100",
    "mobilenet_edgetpu_v2_xs",
    "mobilenet_edgetpu_v2_s",
    "mobilenet_edgetpu_v2_m",
    "mobilenet_edgetpu_v2_l",
)


def hugging(model, x):
    return getattr(model, model.base_model_prefix)(x).pooler_output, model(x).logits


def headless(model, x):
    return model(x).pooler_output, None


def of_transformers(name, version, outputs=hugging, kind="ForImageClassification", **options):
    model, config = f"MobileNetV{version}{kind}", f"MobileNetV{version}Config"
    golden, size = options.pop("golden", False), options.pop("size", 64)
    build = lambda: transformers(model, config, num_labels=5, **options)  # noqa: E731
    return Case(f"hf-{name}", build, outputs, size=size, layout="folder", golden=golden)


CASES = [
    *(Case(f"timm-{name}", lambda name=name: timm(name), timm_outputs, name) for name in TIMM),
    Case(
        "tv-mobilenet_v2",
        lambda: torchvision().models.mobilenet_v2(num_classes=7),
        before("classifier.1"),
        "mobilenet_v2",
        layout="pth",
    ),
    of_transformers("v1", 1, depth_multiplier=0.25, golden=True),
    of_transformers("v1-odd", 1, depth_multiplier=0.25, size=75),
    of_transformers("v1-torch-padding", 1, depth_multiplier=0.5, tf_padding=False, size=75),
    of_transformers("v1-headless", 1, headless, "Model", depth_multiplier=0.75),
    of_transformers("v2", 2, size=75),
    of_transformers("v2-narrow", 2, depth_multiplier=0.35),
    of_transformers("v2-coarse", 2, depth_multiplier=0.5, finegrained_output=False),
    of_transformers("v2-torch-padding", 2, headless, "Model", tf_padding=False, size=75),
]
