"""SqueezeNets: fire modules, that squeeze channels before they expand them.

    stem      relu(conv 3x3 / 2), or 7x7 in version 1.0
    fire      relu(conv 1x1 s) joined with relu(conv 3x3 s), of s = relu(conv 1x1 x)
    pooling   maxima of 3x3 / 2, three times; the last window may reach one beyond the map
    logits    mean over positions of relu(conv 1x1 x)
    features  mean over positions of x, 512 wide

The head is a convolution before the mean: no vector is its input. The features are the mean of its
input x, the map of the last fire module.

References: Iandola et al., 2016 (arXiv 1602.07360); torchvision. Names are torchvision's, but
`classifier` for `classifier.1`.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.convolution import max_pool
from disco_jax.backbones.family import Family
from disco_jax.backbones.modules import Chain, Conv


class Sizes(NamedTuple):
    """Width and window of the stem, and after which of the eight fire modules there is pooling."""

    stem: int
    window: int
    pooled: tuple[int, int]


class Fire(nnx.Module):
    """A narrow map, and two of it side by side."""

    def __init__(self, inputs: int, narrow: int, wide: int) -> None:
        self.squeeze = Conv(inputs, narrow, bias=True)
        self.expand1x1 = Conv(narrow, wide, bias=True)
        self.expand3x3 = Conv(narrow, wide, 3, padding=1, bias=True)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = jax.nn.relu(self.squeeze(x))
        return jax.nn.relu(jnp.concatenate([self.expand1x1(x), self.expand3x3(x)], -1))


class SqueezeNet(nnx.Module):
    """Layers by name: those of `features` that are fire modules, as `features.3`."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        stem = Conv(3, sizes.stem, sizes.window, stride=2, bias=True)
        features: list[Any] = [stem, jax.nn.relu, _halved]
        width = sizes.stem
        for place, wide in enumerate((64, 64, 128, 128, 192, 192, 256, 256), 1):
            features.append(Fire(width, wide // 4, wide))
            features.extend([_halved] if place in sizes.pooled else [])
            width = 2 * wide
        self.features = Chain(features)
        self.classifier = Conv(width, classes, bias=True) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        layers = {}
        for place, layer in enumerate(self.features):
            x = layer(x)
            if isinstance(layer, Fire):
                layers[f"features.{place}"] = x
        found = of_map(x, None, layers)
        if self.classifier is None:
            return found
        logits = jnp.mean(jax.nn.relu(self.classifier(x)), (1, 2), dtype=found.features.dtype)
        return found._replace(logits=logits)


def _halved(x: jax.Array) -> jax.Array:
    return max_pool(x, window=3, stride=2, padding=(0, 1, 0, 1))


FAMILY = Family(
    architectures={
        "squeezenet1_0": Sizes(96, 7, (3, 7)),
        "squeezenet1_1": Sizes(64, 3, (2, 4)),
    },
    build=SqueezeNet,
    head="classifier.bias",
    dialects={"torchvision": ((r"^classifier\.1\.", "classifier."),)},
)
