"""What a family of networks is: a module per architecture, and how files name its parameters.

A family is one file with a module and a `FAMILY` at its end, and a line in `FAMILIES`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flax import nnx

from disco_jax.data import Preprocessing, standard
from disco_jax.weights import Rules

IMAGENET = {"mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)}
HALF = {"mean": (0.5, 0.5, 0.5), "deviation": (0.5, 0.5, 0.5)}


def of_imagenet(
    size: int = 224, shorter: int | None = 256, interpolation: str = "bilinear"
) -> Preprocessing:
    """The usual preprocessing of networks trained on ImageNet."""
    return standard(size, shorter=shorter, interpolation=interpolation, **IMAGENET)


class Family(NamedTuple):
    """Networks that one module describes; `sizes` is what its module is built from."""

    architectures: Mapping[str, Any]  # name in torchvision, timm or a paper -> sizes
    build: Callable[[Any, int | None], nnx.Module]  # sizes, classes or None -> module
    head: str  # our name of a parameter with one row per class, which headless files lack
    dialects: Mapping[str, Rules]  # whose names -> how they become ours
    model_types: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {}  # transformers' -> sizes
    preprocessing: Callable[[str, Any], Preprocessing] = (  # name, sizes -> where no file says it
        lambda name, sizes: of_imagenet()
    )
