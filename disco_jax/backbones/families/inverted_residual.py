"""Inverted residual blocks, and the network that MobileNets and EfficientNets are of them.

    stem      a(bn(conv / 2))
    ir        1x1 to m channels, depthwise, 1x1 to o: the first two with a(bn), the last with bn
    ds, dsa   the same without its first 1x1; dsa ends with a
    er        k x k to m channels and 1x1 to o;  cn: one k x k with a(bn)
    squeeze   y * sigmoid(expand(a(reduce(mean y)))), before the last 1x1
    identity  is added where a block is not the first of its stage, in dsa nowhere
    features  mean over positions of the head a(bn(conv 1x1)), or of the last block without a head

Names are timm's, which has all of these networks under the same names.

References: Howard et al., 2017; Sandler et al., CVPR 2018; Tan and Le, ICML 2019.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.convolution import Padding, global_mean
from disco_jax.backbones.modules import BatchNorm, Conv, Linear

ACTIVATIONS = {"relu": jax.nn.relu, "relu6": jax.nn.relu6, "silu": jax.nn.silu}
NAMES = {  # of convolutions and norms, one after the other
    "cn": (("conv", "bn1"),),
    "ds": (("conv_dw", "bn1"), ("conv_pw", "bn2")),
    "dsa": (("conv_dw", "bn1"), ("conv_pw", "bn2")),
    "ir": (("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")),
    "er": (("conv_exp", "bn1"), ("conv_pwl", "bn2")),
}

Stage = Sequence[tuple[Any, ...]]  # rows kind, repeats, kernel, stride, expansion, outputs


class Row(NamedTuple):
    """A block."""

    kind: str
    inputs: int
    inner: int  # the inputs: no expansion
    outputs: int
    kernel: int
    stride: int
    skip: bool
    squeeze: int = 0  # channels; 0: none
    groups: int = 1  # of the k x k in er
    padding: int | Padding | None = None  # None: kernel // 2 on all sides


class Sizes(NamedTuple):
    """A network."""

    stem: int
    stages: tuple[tuple[Row, ...], ...]
    head: int  # 0: none
    activation: str = "relu6"
    eps: float = 1e-5
    window: int = 3  # of the stem
    padding: int | Padding | None = None  # of the stem

    def flat(self) -> "Sizes":
        """All blocks in one stage, for files that count them through."""
        return self._replace(stages=(tuple(row for stage in self.stages for row in stage),))

    def padded(self, padding: int | Padding | None) -> "Sizes":
        """With other padding of the stem and of all blocks."""
        stages = tuple(tuple(row._replace(padding=padding) for row in s) for s in self.stages)
        return self._replace(stages=stages, padding=padding)


def divisible(channels: float) -> int:
    """The nearest multiple of eight that is not below nine tenths."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


def staged(
    table: Sequence[Stage],
    stem: int,
    *,
    width: float = 1.0,
    depth: float = 1.0,
    squeeze: float = 0.0,
    group: int = 0,
) -> tuple[tuple[Row, ...], ...]:
    """The blocks of a table.

    Args:
        table: Rows of each stage; only the first block of a row has its stride.
        stem: Channels that the first block is given.
        width: Times the channels.
        depth: Times the repeats.
        squeeze: Channels squeezed to, as a part of a block's inputs.
        group: Channels of a group, in er where a row ends with True.
    """
    stages, inputs = [], stem
    for rows in table:
        stage: list[Row] = []
        for kind, repeats, kernel, stride, expansion, channels, *grouped in rows:
            outputs = divisible(channels * width)
            for k in range(math.ceil(repeats * depth)):
                inner = inputs if expansion == 1 else divisible(inputs * expansion)
                step, skip = stride if k == 0 else 1, bool(stage) and kind != "dsa"
                groups = inner // group if grouped else 1
                less = int(inputs * squeeze)
                stage.append(Row(kind, inputs, inner, outputs, kernel, step, skip, less, groups))
                inputs = outputs
        stages.append(tuple(stage))
    return tuple(stages)


class SqueezeExcite(nnx.Module):
    """A factor for each channel, from the means of all."""

    def __init__(self, width: int, inner: int, activation: str) -> None:
        self.conv_reduce = Conv(width, inner, bias=True)
        self.conv_expand = Conv(inner, width, bias=True)
        self.activation = activation

    def __call__(self, x: jax.Array) -> jax.Array:
        y = ACTIVATIONS[self.activation](self.conv_reduce(global_mean(x)))
        return x * jax.nn.sigmoid(self.conv_expand(y))


class Block(nnx.Module):
    """Of any kind."""

    def __init__(self, row: Row, activation: str, eps: float) -> None:
        inputs, m, outputs = row.inputs, row.inner, row.outputs
        around = row.kernel // 2 if row.padding is None else row.padding
        wide: Any = {"window": row.kernel, "stride": row.stride, "padding": around}
        if row.kind == "cn":
            convs = [Conv(inputs, outputs, **wide)]
        elif row.kind == "er":
            convs = [Conv(inputs, m, groups=row.groups, **wide), Conv(m, outputs)]
        else:
            expansion = [Conv(inputs, m)] if m != inputs else []
            convs = [*expansion, Conv(m, m, groups=m, **wide), Conv(m, outputs)]
        self.names = NAMES[row.kind][-len(convs) :]
        for (conv, norm), each in zip(self.names, convs, strict=True):
            setattr(self, conv, each)
            setattr(self, norm, BatchNorm(each.kernel.shape[3], eps))
        self.se = SqueezeExcite(m, row.squeeze, activation) if row.squeeze else None
        self.activation, self.skip, self.stride = activation, row.skip, row.stride
        self.linear = row.kind not in ("cn", "dsa")

    def __call__(self, x: jax.Array) -> jax.Array:
        y, last = x, self.names[-1]
        for conv, norm in self.names:
            if (conv, norm) == last and self.se is not None:
                y = self.se(y)
            y = getattr(self, norm)(getattr(self, conv)(y))
            if (conv, norm) != last or not self.linear:
                y = ACTIVATIONS[self.activation](y)
        return x + y if self.skip else y


class MobileNet(nnx.Module):
    """Layers by name: `stride2` to `stride32`, the last map of each resolution."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        around = sizes.window // 2 if sizes.padding is None else sizes.padding
        self.conv_stem = Conv(3, sizes.stem, sizes.window, stride=2, padding=around)
        self.bn1 = BatchNorm(sizes.stem, sizes.eps)
        self.blocks = nnx.List(
            nnx.List(Block(row, sizes.activation, sizes.eps) for row in stage)
            for stage in sizes.stages
        )
        last = sizes.stages[-1][-1].outputs
        self.conv_head = Conv(last, sizes.head) if sizes.head else None
        self.bn2 = BatchNorm(sizes.head, sizes.eps) if sizes.head else None
        self.classifier = Linear(sizes.head or last, classes) if classes else None
        self.activation = sizes.activation

    def __call__(self, x: jax.Array) -> Outputs:
        activation = ACTIVATIONS[self.activation]
        x, stride = activation(self.bn1(self.conv_stem(x))), 2
        layers = {}
        for block in (block for stage in self.blocks for block in stage):
            x, stride = block(x), stride * block.stride
            layers[f"stride{stride}"] = x
        if self.conv_head is not None and self.bn2 is not None:
            x = activation(self.bn2(self.conv_head(x)))
        return of_map(x, self.classifier, layers)
