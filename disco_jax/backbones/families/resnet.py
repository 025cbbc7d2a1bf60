"""ResNets: four stages of residual blocks after a stem.

    stem      relu(bn(conv 7x7 / 2)), max pooling 3x3 / 2
    basic     relu(x' + bn(conv 3x3(relu(bn(conv 3x3 x)))))
    bottleneck    1x1 to w, 3x3, 1x1 to 4 w, each with bn; the stride is in the 3x3 (version 1.5)
    x'        x, or bn(conv 1x1 x) where its shape changes
    features  mean over positions of the last stage; logits: linear

References: He et al., CVPR 2016; torchvision. Names are torchvision's, and timm's; checkpoints of
self-supervised learning have them behind a prefix.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.convolution import max_pool, relu_sum
from disco_jax.backbones.family import Family
from disco_jax.backbones.modules import BatchNorm, Conv, Linear


class Sizes(NamedTuple):
    """Blocks and width of each stage."""

    blocks: tuple[int, ...]
    bottleneck: bool
    widths: tuple[int, ...] = (64, 128, 256, 512)
    stem: int = 64
    early: bool = False  # the stride of a bottleneck in its first 1x1


class Block(nnx.Module):
    """Basic or bottleneck."""

    def __init__(self, inputs: int, width: int, stride: int, sizes: Sizes) -> None:
        outputs = width * 4 if sizes.bottleneck else width
        if sizes.bottleneck:
            first, second = (stride, 1) if sizes.early else (1, stride)
            self.conv1, self.bn1 = Conv(inputs, width, stride=first), BatchNorm(width)
            self.conv2 = Conv(width, width, 3, stride=second, padding=1)
            self.bn2 = BatchNorm(width)
            self.conv3, self.bn3 = Conv(width, outputs), BatchNorm(outputs)
        else:
            self.conv1 = Conv(inputs, width, 3, stride=stride, padding=1)
            self.bn1 = BatchNorm(width)
            self.conv2, self.bn2 = Conv(width, width, 3, padding=1), BatchNorm(width)
        changes = stride != 1 or inputs != outputs
        shortcut = [Conv(inputs, outputs, stride=stride), BatchNorm(outputs)] if changes else []
        self.downsample = nnx.List(shortcut)
        self.bottleneck = sizes.bottleneck

    def __call__(self, x: jax.Array) -> jax.Array:
        y = jax.nn.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.bottleneck:
            y = self.bn3(self.conv3(jax.nn.relu(y)))
        for layer in self.downsample:
            x = layer(x)
        return relu_sum(y, x)


class ResNet(nnx.Module):
    """Layers by name: `layer1` to `layer4`."""

    def __init__(self, sizes: Sizes, classes: int | None) -> None:
        self.conv1 = Conv(3, sizes.stem, 7, stride=2, padding=3)
        self.bn1 = BatchNorm(sizes.stem)
        last = sizes.stem
        for place, (count, width) in enumerate(zip(sizes.blocks, sizes.widths, strict=True), 1):
            stage = []
            for k in range(count):
                stage.append(Block(last, width, 2 if k == 0 and place > 1 else 1, sizes))
                last = width * 4 if sizes.bottleneck else width
            setattr(self, f"layer{place}", nnx.List(stage))
        self.fc = Linear(last, classes) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        x = jax.nn.relu(self.bn1(self.conv1(x)))
        x = max_pool(x, window=3, stride=2, padding=(1, 1, 1, 1))
        layers = {}
        for name in ("layer1", "layer2", "layer3", "layer4"):
            for block in getattr(self, name):
                x = block(x)
            layers[name] = x
        return of_map(x, self.fc, layers)


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    bottleneck = config.get("layer_type", "bottleneck") == "bottleneck"
    widths = tuple(w // 4 if bottleneck else w for w in config["hidden_sizes"])
    if config.get("downsample_in_first_stage") or config.get("hidden_act", "relu") != "relu":
        raise ValueError("only ResNets with relu and a stride in the stem's pooling are known")
    early = bool(config.get("downsample_in_bottleneck"))
    return Sizes(tuple(config["depths"]), bottleneck, widths, config["embedding_size"], early)


def _stage(match: Any) -> str:
    return f"layer{int(match[1]) + 1}.{match[2]}."


def _layer(match: Any) -> str:
    return f".{'conv' if match[2] == 'convolution' else 'bn'}{int(match[1]) + 1}."


TRANSFORMERS = (
    (r"^classifier\.1\.", "fc."),
    (r"^resnet\.", ""),
    (r"^embedder\.embedder\.convolution\.", "conv1."),
    (r"^embedder\.embedder\.normalization\.", "bn1."),
    (r"^encoder\.stages\.(\d)\.layers\.(\d+)\.", _stage),
    (r"\.shortcut\.convolution\.", ".downsample.0."),
    (r"\.shortcut\.normalization\.", ".downsample.1."),
    (r"\.layer\.(\d)\.(convolution|normalization)\.", _layer),
)

# A network trained without labels is one of several parts of its file; what else was trained beside
# it is left out. So have MoCo, MoCo-v3, PCL, InsDis, PIRL, InfoMin, SwAV, SeLa-v2, DeepCluster-v2,
# SimSiam, DINO and OpenMMLab.
SELF_SUPERVISED = (
    (r"^module\.", ""),
    (r"^(encoder_k|momentum_encoder|predictor|projection_head|prototypes)\..*", ""),
    (r"^(neck|head|head_jig|jigsaw)\..*", ""),
    (r"^queue(_ptr)?$", ""),
    (r"^(encoder_q|encoder|base_encoder|backbone)\.(fc\..*)?", ""),
)

FAMILY = Family(
    architectures={
        "resnet18": Sizes((2, 2, 2, 2), False),
        "resnet34": Sizes((3, 4, 6, 3), False),
        "resnet50": Sizes((3, 4, 6, 3), True),
        "resnet101": Sizes((3, 4, 23, 3), True),
        "resnet152": Sizes((3, 8, 36, 3), True),
    },
    build=ResNet,
    head="fc.bias",
    dialects={
        "torchvision": (),
        "parallel": ((r"^module\.", ""),),
        "self-supervised": SELF_SUPERVISED,
        "transformers": TRANSFORMERS,
    },
    model_types={"resnet": _from_transformers},
)
