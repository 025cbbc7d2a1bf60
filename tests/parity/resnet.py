"""ResNets of torchvision, timm and transformers."""

from .case import Case
from .libraries import before, timm, timm_outputs, torchvision, transformers

HUGGING = ("ResNetForImageClassification", "ResNetConfig")
BASIC = {"layer_type": "basic", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512]}


def hugging(model, x):
    return model.resnet(x).pooler_output.flatten(1), model(x).logits


def headless(model, x):
    return model(x).pooler_output.flatten(1), None


CASES = [
    *(
        Case(
            f"tv-{name}",
            lambda name=name: getattr(torchvision().models, name)(),
            before("fc"),
            name,
        )
        for name in ("resnet34", "resnet50", "resnet101", "resnet152")
    ),
    Case(
        "tv-resnet18",
        lambda: torchvision().models.resnet18(num_classes=5),
        before("fc"),
        "resnet18",
        layout="pth",
        golden=True,
    ),
    Case(
        "tv-legacy", lambda: torchvision().models.resnet18(), before("fc"), "resnet18", 96, "legacy"
    ),
    Case("timm-resnet50", lambda: timm("resnet50", num_classes=7), timm_outputs, "resnet50"),
    Case(
        "timm-resnet18-headless",
        lambda: timm("resnet18", num_classes=0),
        timm_outputs,
        "resnet18",
    ),
    Case("hf-resnet50", lambda: transformers(*HUGGING, num_labels=5), hugging, layout="folder"),
    Case(
        "hf-resnet18",
        lambda: transformers(*HUGGING, num_labels=5, **BASIC),
        hugging,
        layout="folder",
        golden=True,
    ),
    Case(
        "hf-early-headless",
        lambda: transformers("ResNetModel", "ResNetConfig", downsample_in_bottleneck=True),
        headless,
        layout="folder",
    ),
]
