"""SqueezeNets of torchvision."""

from .case import Case
from .libraries import torchvision


def outputs(model, x):
    return model.features(x).mean((2, 3)), model(x)


CASES = [
    Case(
        "tv-squeezenet1_1",
        lambda: torchvision().models.squeezenet1_1(num_classes=5),
        outputs,
        "squeezenet1_1",
        golden=True,
    ),
    *(
        Case(
            f"tv-{name}-{size}",
            lambda name=name: getattr(torchvision().models, name)(),
            outputs,
            name,
            size,
        )
        for name in ("squeezenet1_0", "squeezenet1_1")
        for size in (65, 66, 67, 68)  # pooling reaches beyond the map or not
    ),
]
