"""EfficientNets of torchvision, timm and transformers."""

from .case import Case
from .libraries import before, timm, timm_outputs, torchvision, transformers
from .mobilenet import headless, hugging

SMALL = {
    "width_coefficient": 0.25,
    "depth_coefficient": 1.1,
    "hidden_dim": 320,
    "num_labels": 5,
    "kernel_sizes": [3, 5],
    "strides": [1, 2],
    "expand_ratios": [1, 6],
    "in_channels": [32, 16],
    "out_channels": [16, 24],
    "num_block_repeats": [1, 1],
}
DEEP = {"width_coefficient": 0.5, "depth_coefficient": 1.1, "hidden_dim": 640, "num_labels": 5}


def of_timm(name, size=64):
    return Case(f"timm-{name}", lambda: timm(name), timm_outputs, name, size)


def of_torchvision(name):
    build = lambda: getattr(torchvision().models, name)(num_classes=7)  # noqa: E731
    return Case(f"tv-{name}", build, before("classifier.1"), name)


def of_transformers(name, outputs, kind, size=64, golden=False, **options):
    build = lambda: transformers(kind, "EfficientNetConfig", **options)  # noqa: E731
    return Case(f"hf-{name}", build, outputs, size=size, layout="folder", golden=golden)


CASES = [
    *(of_torchvision(f"efficientnet_b{k}") for k in range(5)),
    *(of_timm(f"efficientnet_b{k}") for k in range(5)),
    *(of_timm(f"tf_efficientnet_b{k}", 75) for k in range(5)),
    of_transformers("small", hugging, "EfficientNetForImageClassification", golden=True, **SMALL),
    of_transformers(
        "padded",
        hugging,
        "EfficientNetForImageClassification",
        75,
        depthwise_padding=[2, 6],
        **DEEP,
    ),
    of_transformers("headless", headless, "EfficientNetModel", **DEEP),
]
