"""The ResNets of CIFAR: 6 k + 2 layers, three stages of k basic blocks on 32, 16 and 8 pixels.

    stem      relu(bn(conv 3x3)) to 16;  stages of 16, 32 and 64
    block     relu(x' + bn(conv 3x3(relu(bn(conv 3x3 x)))))
    x'        x; where its shape changes bn(conv 1x1 x), or, in the paper and as `_pad` here, every
              second row and column between as many channels of zeros
    features  mean over positions, 64 wide; logits: linear

References: He et al., CVPR 2016, section 4.2. Names are those of chenyaofo's pytorch-cifar-models,
and of akamaster's pytorch_resnet_cifar10 for `_pad`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.convolution import relu_sum
from disco_jax.backbones.family import IMAGENET, Family
from disco_jax.backbones.modules import BatchNorm, Conv, Linear
from disco_jax.data import Preprocessing, standard


class Sizes(NamedTuple):
    """Blocks in each stage."""

    blocks: int
    pad: bool = False


class Block(nnx.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int, pad: bool) -> None:
        self.conv1 = Conv(inputs, width, 3, stride=stride, padding=1)
        self.bn1 = BatchNorm(width)
        self.conv2, self.bn2 = Conv(width, width, 3, padding=1), BatchNorm(width)
        changes = inputs != width and not pad
        shortcut = [Conv(inputs, width, stride=stride), BatchNorm(width)] if changes else []
        self.downsample = nnx.List(shortcut)
        self.stride, self.zeros = stride, (width - inputs) // 2 if pad else 0

    def __call__(self, x: jax.Array) -> jax.Array:
        y = self.bn2(self.conv2(jax.nn.relu(self.bn1(self.conv1(x)))))
        if self.zeros:
            around = ((0, 0), (0, 0), (0, 0), (self.zeros, self.zeros))
            x = jnp.pad(x[:, :: self.stride, :: self.stride], around)
        for layer in self.downsample:
            x = layer(x)
        return relu_sum(y, x)


class CifarResNet(nnx.Module):
    """Layers by name: `layer1` to `layer3`."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        self.conv1, self.bn1 = Conv(3, 16, 3, padding=1), BatchNorm(16)
        last = 16
        for place, width in enumerate((16, 32, 64), 1):
            inputs = [last] + [width] * (sizes.blocks - 1)
            stage = [Block(c, width, width // c, sizes.pad) for c in inputs]
            setattr(self, f"layer{place}", nnx.List(stage))
            last = width
        self.fc = Linear(last, classes) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        x = jax.nn.relu(self.bn1(self.conv1(x)))
        layers = {}
        for name in ("layer1", "layer2", "layer3"):
            for block in getattr(self, name):
                x = block(x)
            layers[name] = x
        return of_map(x, self.fc, layers)


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    cifar = {"mean": (0.4914, 0.4822, 0.4465), "deviation": (0.2023, 0.1994, 0.2010)}
    known = IMAGENET if sizes.pad else cifar
    return standard(32, shorter=None, interpolation="bilinear", **known)


DEPTHS = (20, 32, 44, 56, 110)

FAMILY = Family(
    architectures={
        **{f"cifar_resnet{depth}": Sizes((depth - 2) // 6) for depth in DEPTHS},
        **{f"cifar_resnet{depth}_pad": Sizes((depth - 2) // 6, pad=True) for depth in DEPTHS},
    },
    build=CifarResNet,
    head="fc.bias",
    dialects={"chenyaofo": (), "akamaster": ((r"^(module\.)?linear\.", "fc."), (r"^module\.", ""))},
    preprocessing=_preprocessing,
)
