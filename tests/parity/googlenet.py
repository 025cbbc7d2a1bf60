"""GoogLeNet of torchvision."""

from .case import Case
from .libraries import before, torchvision


def network(**options):
    return torchvision().models.googlenet(init_weights=False, num_classes=5, **options)


def transformed(model, x):
    """Of what torchvision's preprocessing makes of the pictures that are ``x`` in -1 to 1."""
    mean = x.new_tensor((0.485, 0.456, 0.406))[:, None, None]
    deviation = x.new_tensor((0.229, 0.224, 0.225))[:, None, None]
    return before("fc")(model, (x / 2 + 0.5 - mean) / deviation)


CASES = [
    Case(
        "tv-googlenet",
        lambda: network(aux_logits=False),
        before("fc"),
        "googlenet",
        golden=True,
    ),
    Case(
        "tv-published",
        lambda: network(aux_logits=True, transform_input=True),
        transformed,
        "googlenet",
        75,
        "pth",
    ),
]
