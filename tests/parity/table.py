"""All cases of all families."""

from . import (
    clip,
    convnext,
    densenet,
    dinov2,
    efficientnet,
    googlenet,
    inception_v3,
    mnasnet,
    mobilenet,
    pvt,
    pvt_v2,
    resnet,
    resnet_cifar,
    siglip,
    squeezenet,
    swin,
    vit,
)

FAMILIES = {
    "clip": clip,
    "convnext": convnext,
    "densenet": densenet,
    "dinov2": dinov2,
    "efficientnet": efficientnet,
    "googlenet": googlenet,
    "inception_v3": inception_v3,
    "mnasnet": mnasnet,
    "mobilenet": mobilenet,
    "pvt": pvt,
    "pvt_v2": pvt_v2,
    "resnet": resnet,
    "resnet_cifar": resnet_cifar,
    "siglip": siglip,
    "squeezenet": squeezenet,
    "swin": swin,
    "vit": vit,
}
CASES = {
    f"{family}/{case.name}": case for family, module in FAMILIES.items() for case in module.CASES
}
