"""All cases of all families."""

from . import clip, densenet, dinov2, googlenet, inception_v3, resnet, resnet_cifar, siglip, vit

FAMILIES = {
    "clip": clip,
    "densenet": densenet,
    "dinov2": dinov2,
    "googlenet": googlenet,
    "inception_v3": inception_v3,
    "resnet": resnet,
    "resnet_cifar": resnet_cifar,
    "siglip": siglip,
    "vit": vit,
}
CASES = {
    f"{family}/{case.name}": case for family, module in FAMILIES.items() for case in module.CASES
}
