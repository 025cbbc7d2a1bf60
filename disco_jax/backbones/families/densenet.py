"""DenseNets: a layer's input is all that the layers of its block before it made.

    stem        relu(bn(conv 7x7 / 2)), max pooling 3x3 / 2
    layer       x joined with conv 3x3(relu(bn(conv 1x1(relu(bn x))))), 4 g and g wide
    transition  mean pooling 2x2 / 2 of conv 1x1(relu(bn x)), half as wide
    features    mean over positions of relu(bn x) after the last block; logits: linear

g is the growth, the stem 2 g wide. A mean of positions and a 1x1 convolution commute: pooling comes
first, and the convolution costs a quarter.

References: Huang et al., CVPR 2017; torchvision. Names are torchvision's, and timm's; its published
files still have dots in `norm.1`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.convolution import max_pool
from disco_jax.backbones.family import Family
from disco_jax.backbones.modules import BatchNorm, Conv, Linear, mean_pool


class Sizes(NamedTuple):
    """Layers of each block, and how many channels a layer adds."""

    layers: tuple[int, ...]
    growth: int = 32


class Layer(nnx.Module):
    """Its input, and new channels."""

    def __init__(self, inputs: int, growth: int) -> None:
        self.norm1, self.conv1 = BatchNorm(inputs), Conv(inputs, 4 * growth)
        self.norm2, self.conv2 = BatchNorm(4 * growth), Conv(4 * growth, growth, 3, padding=1)

    def __call__(self, x: jax.Array) -> jax.Array:
        y = self.conv1(jax.nn.relu(self.norm1(x)))
        y = self.conv2(jax.nn.relu(self.norm2(y)))
        return jnp.concatenate([x, y], -1)


class Block(nnx.Module):
    """One layer after the other."""

    def __init__(self, inputs: int, count: int, growth: int) -> None:
        self.names = tuple(f"denselayer{k + 1}" for k in range(count))
        for k, name in enumerate(self.names):
            setattr(self, name, Layer(inputs + k * growth, growth))

    def __call__(self, x: jax.Array) -> jax.Array:
        for name in self.names:
            x = getattr(self, name)(x)
        return x


class Transition(nnx.Module):
    """Half the rows, columns and channels."""

    def __init__(self, inputs: int) -> None:
        self.norm, self.conv = BatchNorm(inputs), Conv(inputs, inputs // 2)

    def __call__(self, x: jax.Array) -> jax.Array:
        y: jax.Array = self.conv(mean_pool(jax.nn.relu(self.norm(x)), window=2, stride=2))
        return y


class Features(nnx.Module):
    """The last map, and the layers."""

    def __init__(self, sizes: Sizes) -> None:
        width = 2 * sizes.growth
        self.conv0, self.norm0 = Conv(3, width, 7, stride=2, padding=3), BatchNorm(width)
        for place, count in enumerate(sizes.layers, 1):
            if place > 1:
                setattr(self, f"transition{place - 1}", Transition(width))
                width //= 2
            setattr(self, f"denseblock{place}", Block(width, count, sizes.growth))
            width += count * sizes.growth
        self.norm5, self.width = BatchNorm(width), width

    def __call__(self, x: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        x = jax.nn.relu(self.norm0(self.conv0(x)))
        x = max_pool(x, window=3, stride=2, padding=(1, 1, 1, 1))
        layers = {}
        for place in (1, 2, 3, 4):
            if place > 1:
                x = getattr(self, f"transition{place - 1}")(x)
            layers[f"features.denseblock{place}"] = x = getattr(self, f"denseblock{place}")(x)
        return jax.nn.relu(self.norm5(x)), layers


class DenseNet(nnx.Module):
    """Layers by name: `features.denseblock1` to `features.denseblock4`."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        self.features = Features(sizes)
        self.classifier = Linear(self.features.width, classes) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        cells, layers = self.features(x)
        return of_map(cells, self.classifier, layers)


FAMILY = Family(
    architectures={
        "densenet121": Sizes((6, 12, 24, 16)),
        "densenet161": Sizes((6, 12, 36, 24), 48),
        "densenet169": Sizes((6, 12, 32, 32)),
        "densenet201": Sizes((6, 12, 48, 32)),
    },
    build=DenseNet,
    head="classifier.bias",
    dialects={"torchvision": ((r"(\.denselayer\d+\.(?:norm|conv))\.", r"\1"),)},
)
