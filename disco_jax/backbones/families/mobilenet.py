"""MobileNets: v1, v2 and those for the EdgeTPU (`inverted_residual`).

    v1        13 blocks of a depthwise and a 1x1 convolution, to 1024 channels, without a head
    v2        17 inverted residual blocks, to 320 channels, and a head of 1280
    edgetpu   full k x k instead of depthwise convolutions where maps are large

A multiplier of widths is in the name: `mobilenetv2_050` is half as wide. Transformers' networks
pad as TensorFlow does (SAME) unless their configuration says otherwise.

References: Howard et al., 2017; Sandler et al., CVPR 2018; for the EdgeTPU TensorFlow's models.
Names are timm's; `mobilenet_v2` is torchvision's, whose blocks are counted through.
"""

from collections.abc import Mapping
from typing import Any

from disco_jax.backbones.family import HALF, IMAGENET, Family, of_imagenet
from disco_jax.data import Preprocessing, standard

from .inverted_residual import MobileNet, Sizes, divisible, staged

V1 = (  # kind, repeats, kernel, stride, expansion, channels
    (("dsa", 1, 3, 1, 1, 64),),
    (("dsa", 2, 3, 2, 1, 128),),
    (("dsa", 2, 3, 2, 1, 256),),
    (("dsa", 6, 3, 2, 1, 512),),
    (("dsa", 2, 3, 2, 1, 1024),),
)
V2 = (
    (("ds", 1, 3, 1, 1, 16),),
    (("ir", 2, 3, 2, 6, 24),),
    (("ir", 3, 3, 2, 6, 32),),
    (("ir", 4, 3, 2, 6, 64),),
    (("ir", 3, 3, 1, 6, 96),),
    (("ir", 3, 3, 2, 6, 160),),
    (("ir", 1, 3, 1, 6, 320),),
)
EDGE = (
    (("cn", 1, 1, 1, 1, 16),),
    (("er", 1, 3, 2, 8, 32), ("er", 3, 3, 1, 4, 32)),
    (("er", 1, 3, 2, 8, 48), ("er", 3, 3, 1, 4, 48)),
    (("ir", 1, 3, 2, 8, 96), ("ir", 3, 3, 1, 4, 96)),
    (("ir", 1, 3, 1, 8, 96), ("ir", 3, 3, 1, 4, 96)),
    (("ir", 1, 5, 2, 8, 160), ("ir", 3, 5, 1, 4, 160)),
    (("ir", 1, 3, 1, 8, 192),),
)
EDGE_V2 = {  # channels of the stages; stem, its window, group, head
    "xs": ((16, 32, 48, 96, 144, 160, 192), 32, 3, 64, 1280),
    "s": ((24, 48, 64, 128, 160, 192, 256), 64, 5, 64, 1280),
    "m": ((32, 64, 80, 160, 192, 240, 320), 64, 5, 64, 1344),
    "l": ((32, 64, 96, 192, 240, 256, 384), 64, 7, 128, 1408),
}
KNOWN_V2 = {
    "depth_divisible_by": 8,
    "min_depth": 8,
    "expand_ratio": 6,
    "output_stride": 32,
    "first_layer_is_expansion": True,
}


def _v1(width: float) -> Sizes:
    stem = divisible(32 * width)
    return Sizes(stem, staged(V1, stem, width=width), 0)


def _v2(width: float) -> Sizes:
    stem = divisible(32 * width)
    return Sizes(stem, staged(V2, stem, width=width), divisible(1280 * max(width, 1)))


def _edge_v2(size: str) -> Sizes:
    (a, b, c, d, e, f, g), stem, window, group, head = EDGE_V2[size]
    table = (
        (("cn", 1, 1, 1, 1, a),),
        (("er", 1, 3, 2, 8, b), ("er", 1, 3, 1, 4, b, True)),
        (
            ("er", 1, 3, 2, 8, c),
            ("er", 1, 3, 1, 4, c, True),
            ("er", 1, 3, 1, 4, c),
            ("er", 1, 3, 1, 4, c, True),
        ),
        *(
            ((kind, 1, 3, stride, 8, each), ("ir", 3, 3, 1, 4, each))
            for kind, stride, each in (("er", 2, d), ("ir", 1, e), ("ir", 2, f))
        ),
        (("ir", 1, 3, 1, 8, g),),
    )
    return Sizes(stem, staged(table, stem, group=group), head, "relu", window=window)


def _from_v1(config: Mapping[str, Any]) -> Sizes:
    width, least = config["depth_multiplier"], config["min_depth"]
    _check(config)
    widths = {c: max(int(c * width), least) for c in (32, 64, 128, 256, 512, 1024)}
    if any(each % 8 for each in widths.values()):
        raise ValueError("only MobileNets-v1 with multiples of eight channels are known")
    table = [[(*row[:5], widths[row[5]]) for row in stage] for stage in V1]
    return _padded(config, Sizes(widths[32], staged(table, widths[32]), 0))


def _from_v2(config: Mapping[str, Any]) -> Sizes:
    width = config["depth_multiplier"]
    _check(config)
    if width < 0.1 or any(config[field] != value for field, value in KNOWN_V2.items()):
        raise ValueError(f"only MobileNets-v2 with {KNOWN_V2}, depth_multiplier >= 0.1 are known")
    sizes = _v2(width)
    fine = config["finegrained_output"] or width >= 1
    return _padded(config, sizes if fine else sizes._replace(head=divisible(1280 * width)))


def _check(config: Mapping[str, Any]) -> None:
    if config.get("hidden_act", "relu6") not in ("relu", "relu6"):
        raise ValueError("only MobileNets with relu or relu6 are known")


def _padded(config: Mapping[str, Any], sizes: Sizes) -> Sizes:
    asked = sizes._replace(activation=config["hidden_act"], eps=config["layer_norm_eps"])
    return asked.flat().padded("SAME" if config["tf_padding"] else None)


def _preprocessing(name: str, sizes: Sizes) -> Preprocessing:
    if name == "mobilenet_v2":
        return of_imagenet()
    known = HALF if "v1" in name or name == "mobilenet_edgetpu_v2_m" else IMAGENET
    shorter = 248 if "edgetpu" in name else 256
    return standard(224, shorter=shorter, interpolation="bicubic", **known)


def _before(match: Any) -> str:
    return f"blocks.0.{int(match[1]) - 1}."


def _after(match: Any) -> str:
    return f"blocks.0.{int(match[1]) + 1}."


def _half(match: Any) -> str:
    """A block is two layers: a depthwise and a 1x1 convolution."""
    block, second = divmod(int(match[1]), 2)
    names = ("conv_pw", "bn2") if second else ("conv_dw", "bn1")
    return f"blocks.0.{block}.{names[match[2] == 'normalization']}."


TORCHVISION = (
    (r"^classifier\.1\.", "classifier."),
    (r"^features\.0\.0\.", "conv_stem."),
    (r"^features\.0\.1\.", "bn1."),
    (r"^features\.18\.0\.", "conv_head."),
    (r"^features\.18\.1\.", "bn2."),
    (r"^features\.1\.conv\.0\.0\.", "blocks.0.0.conv_dw."),
    (r"^features\.1\.conv\.0\.1\.", "blocks.0.0.bn1."),
    (r"^features\.1\.conv\.1\.", "blocks.0.0.conv_pw."),
    (r"^features\.1\.conv\.2\.", "blocks.0.0.bn2."),
    (r"^features\.(\d+)\.", _before),
    (r"\.conv\.0\.0\.", ".conv_pw."),
    (r"\.conv\.0\.1\.", ".bn1."),
    (r"\.conv\.1\.0\.", ".conv_dw."),
    (r"\.conv\.1\.1\.", ".bn2."),
    (r"\.conv\.2\.", ".conv_pwl."),
    (r"\.conv\.3\.", ".bn3."),
)
TRANSFORMERS_V1 = (
    (r"^mobilenet_v1\.", ""),
    (r"^conv_stem\.convolution\.", "conv_stem."),
    (r"^conv_stem\.normalization\.", "bn1."),
    (r"^layer\.(\d+)\.(convolution|normalization)\.", _half),
)
TRANSFORMERS_V2 = (
    (r"^mobilenet_v2\.", ""),
    (r"^conv_stem\.first_conv\.convolution\.", "conv_stem."),
    (r"^conv_stem\.first_conv\.normalization\.", "bn1."),
    (r"^conv_stem\.conv_3x3\.convolution\.", "blocks.0.0.conv_dw."),
    (r"^conv_stem\.conv_3x3\.normalization\.", "blocks.0.0.bn1."),
    (r"^conv_stem\.reduce_1x1\.convolution\.", "blocks.0.0.conv_pw."),
    (r"^conv_stem\.reduce_1x1\.normalization\.", "blocks.0.0.bn2."),
    (r"^conv_1x1\.convolution\.", "conv_head."),
    (r"^conv_1x1\.normalization\.", "bn2."),
    (r"^layer\.(\d+)\.", _after),
    (r"\.expand_1x1\.convolution\.", ".conv_pw."),
    (r"\.expand_1x1\.normalization\.", ".bn1."),
    (r"\.conv_3x3\.convolution\.", ".conv_dw."),
    (r"\.conv_3x3\.normalization\.", ".bn2."),
    (r"\.reduce_1x1\.convolution\.", ".conv_pwl."),
    (r"\.reduce_1x1\.normalization\.", ".bn3."),
)
WIDTHS = {"050": 0.5, "075": 0.75, "100": 1.0, "140": 1.4}

FAMILY = Family(
    architectures={
        "mobilenetv1_100": _v1(1.0),
        "mobilenetv1_125": _v1(1.25),
        "mobilenet_v2": _v2(1.0).flat(),
        **{f"mobilenetv2_{name}": _v2(width) for name, width in WIDTHS.items()},
        "mobilenet_edgetpu_100": Sizes(32, staged(EDGE, 32), 1280, "relu"),
        **{f"mobilenet_edgetpu_v2_{size}": _edge_v2(size) for size in EDGE_V2},
    },
    build=MobileNet,
    head="classifier.bias",
    dialects={
        "timm": (),
        "torchvision": TORCHVISION,
        "transformers v1": TRANSFORMERS_V1,
        "transformers v2": TRANSFORMERS_V2,
    },
    model_types={"mobilenet_v1": _from_v1, "mobilenet_v2": _from_v2},
    preprocessing=_preprocessing,
)
