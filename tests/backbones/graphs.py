"""Small random networks in the graph format, and where the real ones and the real images are."""

import json
import os
from pathlib import Path

import numpy as np

REAL = Path(os.environ.get("DISCO_REAL", Path(__file__).parents[3] / "shared" / "real"))
NETS = sorted((REAL / "nets").glob("*.npz"))
IMAGES = REAL / "images"


class Drawing:
    """A graph drawn node by node, and its weights."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.weights, self.channels = [], {}, {0: 3}

    def add(self, op, inputs, made, **options):
        place = len(self.nodes) + 1
        self.nodes.append({"op": op, "i": inputs, "o": place, **options})
        self.channels[place] = made
        return place

    def conv(self, x, made, k=(3, 3), *, groups=1, **options):
        name = f"{len(self.weights):03d}"
        shape = (*k, self.channels[x] // groups, made)
        w = self.rng.normal(size=shape) / np.sqrt(np.prod(shape[:3]))
        self.weights[name] = (w, self.rng.normal(size=made) * 0.3)
        given = {"stride": [1, 1], "pad": "SAME", "dil": [1, 1], "act": "none"} | options
        return self.add("conv", [x], made, p=name, groups=groups, **given)

    def same(self, op, *inputs, **options):
        return self.add(op, list(inputs), self.channels[inputs[0]], **options)


def drawn(seed):
    """One of every operation and of every way to compute a convolution, options at random."""
    g = Drawing(seed)
    rng = g.rng

    def pick(*choices):
        return choices[rng.integers(len(choices))]

    act = lambda: pick("none", "relu", "relu6", "leaky0.1")  # noqa: E731
    stem = g.conv(
        0,
        6,
        pick((3, 3), (2, 3), (5, 5)),
        stride=[2, 2],
        act=act(),
        pad=pick("SAME", "VALID", [0, 1, 1, 2]),
    )
    deep = g.conv(
        stem,
        6,
        (3, 3),
        groups=6,
        stride=pick([1, 1], [2, 2]),
        act=act(),
        pad=pick("SAME", [1, 1, 0, 2]),
    )
    wide = g.conv(
        deep,
        12,
        (1, 1),
        act=act(),
        stride=pick([1, 1], [2, 2]),
        pad=pick("SAME", "VALID", [0, 0, 0, 0]),
    )
    left = g.conv(wide, 8, (3, 3), groups=pick(1, 2, 4), act=act())
    right = g.conv(wide, 12, (3, 3), groups=12, dil=[2, 2], act=act())
    right = g.conv(right, 8, (1, 1))
    both = g.add("add", [left, right], 8, act=act())
    joined = g.add("concat", [both, wide], 20)
    more = g.conv(joined, 40, (2, 2), groups=20, act=act())
    taken = g.add("take", [more], len(range(1, 40, 3)), start=1, step=3)
    pooled = g.same("maxpool", taken, k=pick(2, 3), s=pick(1, 2), pad=pick("SAME", [0, 1, 1, 0]))
    feature = g.same("gap", pooled)
    return g, feature, g.conv(feature, 5, (1, 1), pad="VALID")


def save(path, g, feature, logits, *, size=13, quantised=(), **changes):
    """The file of a drawing; weights named in `quantised` as integers."""
    arrays = {}
    for name, (w, b) in g.weights.items():
        arrays |= {f"w{name}": w.astype(np.float16), f"b{name}": b.astype(np.float32)}
        if name in quantised:
            scale = np.abs(w).max((0, 1, 2), keepdims=True) / 120
            zero = np.full_like(scale, 128, np.int16)
            arrays[f"w{name}"] = (np.round(w / scale) + 128).astype(np.uint8)
            arrays |= {f"s{name}": scale.astype(np.float32), f"z{name}": zero}
    preprocessing = {
        "size": size,
        "bgr": True,
        "offset": [128, 100, 90],
        "scale": [0.01, 0.02, 0.03],
    }
    described = {
        "name": path.stem,
        "arch": "random",
        "source_data": "none",
        "classes": "",
        "licence": "",
        "origin": "",
        "input": preprocessing,
        "nodes": g.nodes,
        "feature": feature,
        "logits": logits,
    } | changes
    arrays["graph"] = np.frombuffer(json.dumps(described).encode(), np.uint8)
    np.savez(path, **arrays)
    return arrays
