"""All cases of all families."""

from . import densenet, resnet, resnet_cifar, vit

FAMILIES = {
    "densenet": densenet,
    "resnet": resnet,
    "resnet_cifar": resnet_cifar,
    "vit": vit,
}
CASES = {
    f"{family}/{case.name}": case for family, module in FAMILIES.items() for case in module.CASES
}
