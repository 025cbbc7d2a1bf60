"""A small residual network in the graph format, of some width w and number of blocks b.

    8 x 8 pixels: conv 3x3 to w, b blocks;  4 x 4: conv 3x3 to 2w with stride 2, b blocks;
    mean over positions: 2w features;  head: one output per class

A block is x + conv(relu(conv(x))), relu after the sum. The weights w_ijco are normal with variance
1 / (kh kw c), biases 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

MEAN, DEVIATION = 78.0, 96.0  # of the digits' bytes, roughly
INPUT = {"size": 8, "bgr": False, "offset": [MEAN] * 3, "scale": [1 / DEVIATION] * 3}

Weights = Mapping[str, tuple[Any, Any]]  # name -> kernel (kh, kw, c, o), bias (o,)


class Network(NamedTuple):
    """What a file holds."""

    described: dict[str, Any]
    weights: Weights


def drawn(name: str, width: int, blocks: int, classes: Sequence[str], seed: int) -> Network:
    """A network with random weights."""
    rng = np.random.default_rng(seed)
    nodes: list[dict[str, Any]] = []
    weights: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def node(op: str, *inputs: int, **options: Any) -> int:
        nodes.append({"op": op, "i": list(inputs), "o": len(nodes) + 1, **options})
        return len(nodes)

    def conv(x: int, c: int, o: int, *, k: int = 3, stride: int = 1, act: str = "none") -> int:
        kernel = rng.normal(size=(k, k, c, o)) / np.sqrt(k * k * c)
        weights[p := f"{len(weights):02d}"] = kernel, np.zeros(o)
        return node("conv", x, p=p, act=act, stride=[stride] * 2, pad="SAME", dil=[1, 1], groups=1)

    def block(x: int, c: int) -> int:
        return node("add", x, conv(conv(x, c, c, act="relu"), c, c), act="relu")

    x = conv(0, 3, width, act="relu")
    for _ in range(blocks):
        x = block(x, width)
    x = conv(x, width, 2 * width, stride=2, act="relu")
    for _ in range(blocks):
        x = block(x, 2 * width)
    feature = node("gap", x)
    described = {
        "name": name,
        "arch": f"residual, width {width}, {blocks} blocks per stage",
        "classes": ", ".join(classes),
        "licence": "Apache-2.0",
        "origin": "disco_jax.demo.pretrain",
        "input": INPUT,
        "nodes": nodes,
        "feature": feature,
        "logits": conv(feature, 2 * width, len(classes), k=1),
    }
    return Network(described, weights)
