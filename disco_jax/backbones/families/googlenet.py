"""GoogLeNet, Inception v1 with batch normalisation: nine blocks of four branches.

    stem      conv 7x7 / 2, pooling, conv 1x1, conv 3x3, pooling; every conv with bn and relu
    block     joined: conv 1x1; conv 3x3(conv 1x1); conv 3x3(conv 1x1); conv 1x1(pooling 3x3 x)
    features  mean over positions of the last block; logits: linear

Pooling takes maxima and halves; its last window may reach one beyond the map. The third branch
has 5x5 in the paper and 3x3 in torchvision's weights, which are read here. The heads for training
only are left out. Pictures are in -1 to 1: torchvision's `transform_input`, which goes with its
weights, undoes what its preprocessing did, and the two together are (x - 1/2) / (1/2).

References: Szegedy et al., CVPR 2015; torchvision. Names are torchvision's.
"""

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.convolution import max_pool
from disco_jax.backbones.family import HALF, Family
from disco_jax.backbones.modules import Chain, ConvNorm, Linear
from disco_jax.data import standard

BLOCKS = {  # 1x1, the second branch, the third, after pooling
    "inception3a": (64, (96, 128), (16, 32), 32),
    "inception3b": (128, (128, 192), (32, 96), 64),
    "inception4a": (192, (96, 208), (16, 48), 64),
    "inception4b": (160, (112, 224), (24, 64), 64),
    "inception4c": (128, (128, 256), (24, 64), 64),
    "inception4d": (112, (144, 288), (32, 64), 64),
    "inception4e": (256, (160, 320), (32, 128), 128),
    "inception5a": (256, (160, 320), (32, 128), 128),
    "inception5b": (384, (192, 384), (48, 128), 128),
}
POOLED = {"inception3b": 3, "inception4e": 2}  # the window of the pooling after a block


class Inception(nnx.Module):
    """Four branches joined."""

    def __init__(
        self,
        inputs: int,
        one: int,
        second: tuple[int, int],
        third: tuple[int, int],
        pooled: int,
    ) -> None:
        self.branch1 = ConvNorm(inputs, one)
        self.branch2, self.branch3 = (
            Chain([ConvNorm(inputs, inner), ConvNorm(inner, outer, 3, padding=1)])
            for inner, outer in (second, third)
        )
        self.branch4 = Chain([_maxima, ConvNorm(inputs, pooled)])

    def __call__(self, x: jax.Array) -> jax.Array:
        branches = self.branch1, self.branch2, self.branch3, self.branch4
        return jnp.concatenate([branch(x) for branch in branches], -1)


class GoogLeNet(nnx.Module):
    """Layers by name: `inception3a` to `inception5b`."""

    def __init__(self, sizes: None, classes: int | None) -> None:
        self.conv1, self.conv2 = ConvNorm(3, 64, 7, stride=2, padding=3), ConvNorm(64, 64)
        self.conv3 = ConvNorm(64, 192, 3, padding=1)
        width = 192
        for name, (one, second, third, pooled) in BLOCKS.items():
            setattr(self, name, Inception(width, one, second, third, pooled))
            width = one + second[1] + third[1] + pooled
        self.fc = Linear(width, classes) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        x = _halved(self.conv1(x), 3)
        x = _halved(self.conv3(self.conv2(x)), 3)
        layers = {}
        for name in BLOCKS:
            layers[name] = x = getattr(self, name)(x)
            x = _halved(x, POOLED[name]) if name in POOLED else x
        return of_map(x, self.fc, layers)


def _maxima(x: jax.Array) -> jax.Array:
    return max_pool(x, window=3, stride=1, padding=(1, 1, 1, 1))


def _halved(x: jax.Array, window: int) -> jax.Array:
    return max_pool(x, window=window, stride=2, padding=(0, 1, 0, 1))


FAMILY = Family(
    architectures={"googlenet": None},
    build=GoogLeNet,
    head="fc.bias",
    dialects={"torchvision": ((r"^aux\d\..*", ""),)},
    preprocessing=lambda name, sizes: standard(224, shorter=256, interpolation="bilinear", **HALF),
)
