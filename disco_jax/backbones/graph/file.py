"""A network as a list of operations, and its file: one .npz, nothing unpickled.

`graph` is the JSON of name, arch, source_data, classes, licence, origin; of `input` (size, bgr,
offset, scale); of `nodes`, in order; and of `feature` and `logits`, the nodes whose values these
are (`logits` is null where the head was cut off). Node 0 is the input. A node reads the nodes `i`
and is node `o`; a conv has weights of the name `p`:

    w<p>  (kh, kw, c / groups, o)    float16, or integers that mean (w - z) * s
    s<p>, z<p>                       broadcast against w
    b<p>  (o,)                       float32

Everything is checked here, channels included, so that a bad file is one line and not a trace.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from disco_jax.atomic import replacing
from disco_jax.backbones.convolution import Padding
from disco_jax.backbones.depthwise import Pair
from disco_jax.data import Preprocessing
from disco_jax.errors import InputError

from .operations import ACTIVATIONS

REMEDY = "fetch the file again"
ARITY = {"conv": 1, "add": 2, "gap": 1, "maxpool": 1, "concat": None, "take": 1}


class Node(NamedTuple):
    """One operation; what it does not use keeps its default."""

    op: str
    inputs: tuple[int, ...]
    output: int
    act: str = "none"
    weights: str = ""
    stride: Pair = (1, 1)
    padding: Padding = "SAME"
    dilation: Pair = (1, 1)
    groups: int = 1
    window: int = 1
    start: int = 0
    step: int = 1


class Graph(NamedTuple):
    """What a file holds; weights dequantised to float32, by name: (kernel, bias)."""

    name: str
    nodes: tuple[Node, ...]
    feature: int
    logits: int | None
    preprocessing: Preprocessing
    weights: Mapping[str, tuple[np.ndarray, np.ndarray]]
    about: Mapping[str, str]
    digest: str  # sha256 of the file

    def parameters(self) -> tuple[int, int]:
        """How many numbers the weights are, with and without the head's."""
        sizes = {name: kernel.size + bias.size for name, (kernel, bias) in self.weights.items()}
        head = {node.weights for node in self.nodes if node.output == self.logits}
        return sum(sizes.values()), sum(n for name, n in sizes.items() if name not in head)


def read_graph(path: Path) -> Graph:
    """Read and check a file."""
    try:
        raw = path.read_bytes()
    except OSError as why:
        raise InputError(path, "file", f"cannot be read ({why.strerror})", "give an .npz") from why
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, TypeError) as why:
        raise InputError(path, "file", "damaged, or no .npz of plain arrays", REMEDY) from why
    try:
        described = json.loads(arrays["graph"].tobytes())
        nodes = tuple(_node(each) for each in described["nodes"])
        feature, logits = described["feature"], described["logits"]
        preprocessing = _preprocessing(described["input"])
        about = {
            key: str(described.get(key) or "")
            for key in ("arch", "source_data", "classes", "licence", "origin")
        }
        name = str(described["name"])
    except (KeyError, TypeError, ValueError, AttributeError) as why:
        told = f"{type(why).__name__}: {why}"
        raise InputError(path, "graph", f"not as the format says ({told})", REMEDY) from why
    weights = {node.weights: _weights(path, node, arrays) for node in nodes if node.op == "conv"}
    channels = _channels(path, nodes, weights)
    for key, place in (("feature", feature), ("logits", logits)):
        if place not in channels and not (key == "logits" and place is None):
            raise InputError(path, key, f"there is no node {place!r}", REMEDY)
    digest = hashlib.sha256(raw).hexdigest()
    return Graph(name, nodes, feature, logits, preprocessing, weights, about, digest)


def write_graph(
    path: Path, described: Mapping[str, Any], weights: Mapping[str, tuple[Any, Any]]
) -> None:
    """Write a file: its JSON, and (kernel, bias) by name; kernels as float16."""
    arrays: dict[str, Any] = {"graph": np.frombuffer(json.dumps(described).encode(), np.uint8)}
    for name, (kernel, bias) in weights.items():
        arrays |= {f"w{name}": np.asarray(kernel, np.float16)}
        arrays |= {f"b{name}": np.asarray(bias, np.float32)}
    with replacing(path) as file:
        np.savez(file, **arrays)


def _node(raw: Mapping[str, Any]) -> Node:
    padding = raw.get("pad", "SAME")
    stride = raw.get("stride") or [raw.get("s", 1)] * 2
    node = Node(
        op=raw["op"],
        inputs=tuple(map(int, raw["i"])),
        output=int(raw["o"]),
        act=raw.get("act", "none"),
        weights=str(raw.get("p", "")),
        stride=(int(stride[0]), int(stride[1])),
        padding=padding if isinstance(padding, str) else _four(padding),
        dilation=(int(raw.get("dil", (1, 1))[0]), int(raw.get("dil", (1, 1))[1])),
        groups=int(raw.get("groups", 1)),
        window=int(raw.get("k", 1)),
        start=int(raw.get("start", 0)),
        step=int(raw.get("step", 1)),
    )
    if node.op not in ARITY:
        raise ValueError(f"op {node.op!r} is none of {', '.join(ARITY)}")
    if len(node.inputs) != (ARITY[node.op] or max(1, len(node.inputs))):
        raise ValueError(f"{node.op} of {len(node.inputs)} nodes")
    if node.act not in ACTIVATIONS:
        raise ValueError(f"act {node.act!r} is none of {', '.join(ACTIVATIONS)}")
    if isinstance(padding, str) and padding not in ("SAME", "VALID"):
        raise ValueError(f"pad {padding!r} is neither SAME nor VALID nor four numbers")
    sizes = (*node.stride, *node.dilation, node.groups, node.window, node.step)
    if min(sizes) < 1 or node.start < 0:
        raise ValueError(f"node {node.output} has a size below 1")
    return node


def _four(padding: Any) -> tuple[int, int, int, int]:
    top, bottom, left, right = map(int, padding)
    if min(top, bottom, left, right) < 0:
        raise ValueError(f"pad {padding} is negative")
    return top, bottom, left, right


def _preprocessing(raw: Mapping[str, Any]) -> Preprocessing:
    (a, b, c), (d, e, f) = (map(float, raw[key]) for key in ("offset", "scale"))
    if not 1 <= int(raw["size"]) <= 4096:
        raise ValueError(f"input of {raw['size']} pixels")
    return Preprocessing(int(raw["size"]), bool(raw["bgr"]), (a, b, c), (d, e, f))


def _weights(
    path: Path, node: Node, arrays: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    name = node.weights
    for key in ("w" + name, "b" + name):
        if key not in arrays:
            raise InputError(path, key, "missing", REMEDY)
    kernel, bias = arrays["w" + name], arrays["b" + name]
    if kernel.ndim != 4 or bias.shape != kernel.shape[3:] or 0 in kernel.shape:
        problem = f"shape {kernel.shape} with a bias {bias.shape}"
        raise InputError(path, "w" + name, problem, REMEDY)
    if "s" + name in arrays and "z" + name in arrays:
        scale, zero = (arrays[key + name].astype(np.float32) for key in "sz")
        try:
            kernel = np.broadcast_to((kernel.astype(np.float32) - zero) * scale, kernel.shape)
        except ValueError as why:
            problem = f"shapes {scale.shape} and {zero.shape} for weights {kernel.shape}"
            raise InputError(path, f"s{name}, z{name}", problem, REMEDY) from why
    elif kernel.dtype.kind != "f":
        raise InputError(path, f"s{name}, z{name}", f"missing for {kernel.dtype} weights", REMEDY)
    kernel, bias = kernel.astype(np.float32), bias.astype(np.float32)
    if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
        raise InputError(path, "w" + name, "not finite", REMEDY)
    return kernel, bias


def _channels(
    path: Path, nodes: tuple[Node, ...], weights: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> dict[int, int]:
    """Channels of every node."""
    found = {0: 3}
    for node in nodes:
        where = f"node {node.output}"
        if missing := [i for i in node.inputs if i not in found]:
            raise InputError(
                path, where, f"reads node {missing[0]}, which is not yet there", REMEDY
            )
        if node.output in found:
            raise InputError(path, where, "is there twice", REMEDY)
        given = [found[i] for i in node.inputs]
        made = given[0]
        if node.op == "conv":
            shape = weights[node.weights][0].shape
            if shape[2] * node.groups != given[0] or shape[3] % node.groups:
                problem = f"weights {shape} in {node.groups} groups for {given[0]} channels"
                raise InputError(path, where, problem, REMEDY)
            made = shape[3]
        elif node.op == "add" and given[0] != given[1]:
            raise InputError(path, where, f"adds {given[0]} and {given[1]} channels", REMEDY)
        elif node.op == "concat":
            made = sum(given)
        elif node.op == "take":
            made = len(range(node.start, given[0], node.step))
            if made == 0:
                raise InputError(path, where, f"takes none of {given[0]} channels", REMEDY)
        found[node.output] = made
    return found
