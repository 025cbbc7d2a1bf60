"""MNASNets of torchvision and timm."""

from .case import Case
from .libraries import before, timm, timm_outputs, torchvision


def of_torchvision(name, size=64, **options):
    build = lambda: getattr(torchvision().models, name)(num_classes=5)  # noqa: E731
    return Case(f"tv-{name}", build, before("classifier.1"), name, size, **options)


CASES = [
    of_torchvision("mnasnet0_5", 32, golden=True),
    of_torchvision("mnasnet0_75"),
    of_torchvision("mnasnet1_0", 75, layout="pth"),
    of_torchvision("mnasnet1_3"),
    *(
        Case(f"timm-{name}", lambda name=name: timm(name), timm_outputs, name)
        for name in ("mnasnet_050", "mnasnet_075", "mnasnet_100", "mnasnet_140")
    ),
    Case("timm-headless", lambda: timm("mnasnet_100", num_classes=0), timm_outputs, "mnasnet_100"),
]
