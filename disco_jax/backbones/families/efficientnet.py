"""EfficientNets: seven stages of inverted residual blocks that squeeze (`inverted_residual`).

    b0        16 blocks, to 320 channels, and a head of 1280
    b1 to b4  widths times w and depths times d, on larger images
    tf_       as trained in TensorFlow: padded as it does (SAME), eps 1e-3

Transformers' pad on the right and at the bottom where the stride is two, but for the blocks that
`depthwise_padding` names, which are padded on all sides.

Reference: Tan and Le, ICML 2019. Names are timm's; torchvision's and transformers' become these.
"""

from collections.abc import Mapping
from typing import Any

from disco_jax.backbones.family import Family, of_imagenet
from disco_jax.data import Preprocessing
from disco_jax.weights import Rules

from .inverted_residual import MobileNet, Sizes, divisible, staged

SCALES = {  # width, depth; image and what its shorter side was before it was cropped
    "b0": (1.0, 1.0, 224, 256),
    "b1": (1.0, 1.1, 240, 256),
    "b2": (1.1, 1.2, 288, 288),
    "b3": (1.2, 1.4, 300, 320),
    "b4": (1.4, 1.8, 380, 384),
}
TABLE = {  # of transformers' configurations
    "kernel_sizes": (3, 3, 5, 3, 5, 5, 3),
    "strides": (1, 2, 2, 2, 1, 2, 1),
    "expand_ratios": (1, 6, 6, 6, 6, 6, 6),
    "out_channels": (16, 24, 40, 80, 112, 192, 320),
    "num_block_repeats": (1, 2, 2, 3, 3, 4, 1),
}


def _table(
    first: str, kernels: Any, strides: Any, expansions: Any, outputs: Any, repeats: Any
) -> Any:
    columns = zip(repeats, kernels, strides, expansions, outputs, strict=True)
    return [((first if place == 0 else "ir", *row),) for place, row in enumerate(columns)]


def _scaled(width: float, depth: float) -> Sizes:
    stem, table = divisible(32 * width), _table("ds", *TABLE.values())
    stages = staged(table, stem, width=width, depth=depth, squeeze=0.25)
    return Sizes(stem, stages, divisible(1280 * width), "silu")


def _from_transformers(config: Mapping[str, Any]) -> Sizes:
    width, depth = config["width_coefficient"], config["depth_coefficient"]
    known = {"depth_divisor": 8, "pooling_type": "mean"}
    if any(config.get(field, value) != value for field, value in known.items()):
        raise ValueError(f"only EfficientNets with {known} are known")
    if config.get("hidden_act", "swish") not in ("swish", "silu"):
        raise ValueError("only EfficientNets with swish are known")
    stem, table = divisible(32 * width), _table("ir", *(config[field] for field in TABLE))
    ratio = config["squeeze_expansion_ratio"]
    stages = staged(table, stem, width=width, depth=depth, squeeze=ratio)
    sizes = Sizes(stem, stages, divisible(1280 * width), "silu", config["batch_norm_eps"]).flat()
    everywhere = config["depthwise_padding"]
    rows = tuple(
        row if row.stride == 1 or place in everywhere else row._replace(padding=_corner(row.kernel))
        for place, row in enumerate(sizes.stages[0])
    )
    return sizes._replace(stages=(rows,), padding=_corner(3))


def _corner(kernel: int) -> tuple[int, int, int, int]:
    return (kernel // 2 - 1, kernel // 2) * 2


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    image, shorter = SCALES.get(name[-2:], SCALES["b0"])[2:]
    return of_imagenet(image, shorter, "bicubic")


FIRST = {r"0\.0": "conv_dw", r"0\.1": "bn1", r"2\.0": "conv_pw", r"2\.1": "bn2"}
OTHERS = {r"0\.0": "conv_pw", r"0\.1": "bn1", r"1\.0": "conv_dw", r"1\.1": "bn2"}
OTHERS |= {r"3\.0": "conv_pwl", r"3\.1": "bn3"}


def _stage(match: Any) -> str:
    return f"blocks.{int(match[1]) - 1}."


TORCHVISION: Rules = (
    (r"^classifier\.1\.", "classifier."),
    (r"^features\.0\.0\.", "conv_stem."),
    (r"^features\.0\.1\.", "bn1."),
    (r"^features\.8\.0\.", "conv_head."),
    (r"^features\.8\.1\.", "bn2."),
    *((rf"^(features\.1\.\d+)\.block\.{a}\.", rf"\1.{b}.") for a, b in FIRST.items()),
    *((rf"\.block\.{a}\.", f".{b}.") for a, b in OTHERS.items()),
    (r"\.block\.\d\.fc1\.", ".se.conv_reduce."),
    (r"\.block\.\d\.fc2\.", ".se.conv_expand."),
    (r"^features\.(\d)\.", _stage),
)
TRANSFORMERS = (
    (r"^efficientnet\.", ""),
    (r"^embeddings\.convolution\.", "conv_stem."),
    (r"^embeddings\.batchnorm\.", "bn1."),
    (r"^encoder\.top_conv\.", "conv_head."),
    (r"^encoder\.top_bn\.", "bn2."),
    (r"^encoder\.blocks\.", "blocks.0."),
    (r"\.expansion\.expand_conv\.", ".conv_pw."),
    (r"\.expansion\.expand_bn\.", ".bn1."),
    (r"\.depthwise_conv\.depthwise_conv\.", ".conv_dw."),
    (r"\.depthwise_conv\.depthwise_norm\.", ".bn2."),
    (r"\.squeeze_excite\.", ".se.conv_"),
    (r"\.projection\.project_conv\.", ".conv_pwl."),
    (r"\.projection\.project_bn\.", ".bn3."),
)


def _tensorflow(sizes: Sizes) -> Sizes:
    return sizes.padded("SAME")._replace(eps=1e-3)


BASES = {f"efficientnet_{name}": _scaled(*scale[:2]) for name, scale in SCALES.items()}

FAMILY = Family(
    architectures=BASES | {f"tf_{name}": _tensorflow(sizes) for name, sizes in BASES.items()},
    build=MobileNet,
    head="classifier.bias",
    dialects={"timm": (), "torchvision": TORCHVISION, "transformers": TRANSFORMERS},
    model_types={"efficientnet": _from_transformers},
    preprocessing=_preprocessing,
)
