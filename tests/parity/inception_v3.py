"""Inception v3 of torchvision and timm."""

from .case import Case
from .googlenet import transformed
from .libraries import before, timm, timm_outputs, torchvision


def network(**options):
    return torchvision().models.inception_v3(init_weights=False, num_classes=5, **options)


CASES = [
    Case(
        "tv-inception_v3",
        lambda: network(aux_logits=False),
        before("fc"),
        "inception_v3",
        75,
        golden=True,
    ),
    Case(
        "tv-published",
        lambda: network(aux_logits=True, transform_input=True),
        transformed,
        "inception_v3",
        112,
        "pth",
    ),
    Case("timm-inception_v3", lambda: timm("inception_v3"), timm_outputs, "inception_v3", 96),
    Case(
        "timm-headless",
        lambda: timm("inception_v3", num_classes=0),
        timm_outputs,
        "inception_v3",
        75,
    ),
]
