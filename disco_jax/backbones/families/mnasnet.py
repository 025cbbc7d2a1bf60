"""MNASNets (B1): six stages of inverted residual blocks, found by search.

    stem      relu(bn(conv 3x3 / 2)), relu(bn(depthwise 3x3)), bn(conv 1x1)
    block     bn(conv 1x1(relu(bn(depthwise k x k(relu(bn(conv 1x1 x))))))), e times as wide within;
              plus x where the shape stays
    features  mean over positions of relu(bn(conv 1x1)) after the stages, 1280 wide; logits: linear

Reference: Tan et al., CVPR 2019; torchvision. Names are torchvision's, but `classifier`
for `classifier.1`.
"""

from typing import Any

import jax
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.family import Family, of_imagenet
from disco_jax.backbones.modules import BatchNorm, Chain, Conv, Linear

STAGES = (  # width, blocks, window, stride, e
    (24, 3, 3, 2, 3),
    (40, 3, 5, 2, 3),
    (80, 3, 5, 2, 6),
    (96, 2, 3, 1, 6),
    (192, 4, 5, 2, 6),
    (320, 1, 3, 1, 6),
)
FIRST = 8  # of the stages among `layers`


class Block(nnx.Module):
    """Wide within, narrow outside."""

    def __init__(self, inputs: int, outputs: int, window: int, stride: int, times: int) -> None:
        inner = inputs * times
        self.layers = Chain(
            [
                *(Conv(inputs, inner), BatchNorm(inner), jax.nn.relu),
                *(_depthwise(inner, window, stride), BatchNorm(inner), jax.nn.relu),
                *(Conv(inner, outputs), BatchNorm(outputs)),
            ]
        )
        self.keeps = stride == 1 and inputs == outputs

    def __call__(self, x: jax.Array) -> jax.Array:
        y = self.layers(x)
        return x + y if self.keeps else y


class MnasNet(nnx.Module):
    """Layers by name: `layers.8` to `layers.13`, the stages. Sizes: a factor of all widths."""

    def __init__(self, sizes: float, classes: int | None) -> None:
        stem, last = _rounded(32 * sizes), _rounded(16 * sizes)
        layers: list[Any] = [
            *(Conv(3, stem, 3, stride=2, padding=1), BatchNorm(stem), jax.nn.relu),
            *(_depthwise(stem, 3, 1), BatchNorm(stem), jax.nn.relu),
            *(Conv(stem, last), BatchNorm(last)),
        ]
        for width, count, window, stride, times in STAGES:
            outputs = _rounded(width * sizes)
            first = Block(last, outputs, window, stride, times)
            rest = [Block(outputs, outputs, window, 1, times) for _ in range(count - 1)]
            layers.append(Chain([first, *rest]))
            last = outputs
        self.layers = Chain([*layers, Conv(last, 1280), BatchNorm(1280), jax.nn.relu])
        self.classifier = Linear(1280, classes) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        layers = {}
        for place, layer in enumerate(self.layers):
            x = layer(x)
            if isinstance(layer, Chain):
                layers[f"layers.{place}"] = x
        return of_map(x, self.classifier, layers)


def _depthwise(width: int, window: int, stride: int) -> Conv:
    return Conv(width, width, window, stride=stride, padding=window // 2, groups=width)


def _rounded(width: float) -> int:
    """The next multiple of 8, or the one below if it is no more than a tenth smaller."""
    near = max(8, int(width + 4) // 8 * 8)
    return near if near >= 0.9 * width else near + 8


def _stage(match: Any) -> str:
    return f"layers.{int(match[1]) + FIRST - 1}.{match[2]}.layers."


TIMM = (
    (r"^conv_stem\.", "layers.0."),
    (r"^bn1\.", "layers.1."),
    (r"^blocks\.0\.0\.conv_dw\.", "layers.3."),
    (r"^blocks\.0\.0\.bn1\.", "layers.4."),
    (r"^blocks\.0\.0\.conv_pw\.", "layers.6."),
    (r"^blocks\.0\.0\.bn2\.", "layers.7."),
    (r"^blocks\.(\d)\.(\d)\.", _stage),
    (r"\.conv_pw\.", ".0."),
    (r"\.bn1\.", ".1."),
    (r"\.conv_dw\.", ".3."),
    (r"\.bn2\.", ".4."),
    (r"\.conv_pwl\.", ".6."),
    (r"\.bn3\.", ".7."),
    (r"^conv_head\.", "layers.14."),
    (r"^bn2\.", "layers.15."),
)

FACTORS = {"0_5": 0.5, "0_75": 0.75, "1_0": 1.0, "1_3": 1.3}
HUNDREDTHS = {"050": 0.5, "075": 0.75, "100": 1.0, "140": 1.4}

FAMILY = Family(
    architectures={
        **{f"mnasnet{name}": factor for name, factor in FACTORS.items()},  # torchvision's
        **{f"mnasnet_{name}": factor for name, factor in HUNDREDTHS.items()},  # timm's
    },
    build=MnasNet,
    head="classifier.bias",
    dialects={"torchvision": ((r"^classifier\.1\.", "classifier."),), "timm": TIMM},
    preprocessing=lambda name, sizes: of_imagenet(
        shorter=232 if name == "mnasnet1_3" else 256,
        interpolation="bicubic" if name.startswith("mnasnet_") else "bilinear",
    ),
)
