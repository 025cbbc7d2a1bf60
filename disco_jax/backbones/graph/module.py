"""Networks in the graph format (`file`) as a Flax NNX module, trainable like any other.

Batch normalisation is folded into the weights, so there is no state beside the parameters.
"""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Backbone, Outputs
from disco_jax.backbones.convolution import conv, global_mean, max_pool, relu_sum
from disco_jax.backbones.precision import statistic_dtype

from .file import Graph, Node, read_graph
from .operations import ACTIVATIONS


class Weights(nnx.Module):
    """Kernel (kh, kw, c / groups, o) and bias (o,) of a convolution."""

    def __init__(self, kernel: Any, bias: Any, dtype: Any) -> None:
        self.kernel = nnx.Param(jnp.asarray(kernel, dtype))
        self.bias = nnx.Param(jnp.asarray(bias, dtype))


class GraphNetwork(nnx.Module):
    """The operations of a graph in their order."""

    def __init__(self, graph: Graph, dtype: Any = jnp.float32) -> None:
        names = list(graph.weights)
        self.weights = nnx.List([Weights(*graph.weights[name], dtype) for name in names])
        self.place = tuple((name, place) for place, name in enumerate(names))
        self.nodes, self.feature, self.logits = graph.nodes, graph.feature, graph.logits
        self.dtype = jnp.dtype(dtype)

    def activations(self, x: jax.Array) -> dict[int, jax.Array]:
        """The map (b, h, w, c) of every node, by its id; under jit only the used ones are made."""
        place = dict(self.place)
        values = {0: x.astype(self.dtype)}
        for node in self.nodes:
            weights = self.weights[place[node.weights]] if node.op == "conv" else None
            values[node.output] = _apply(node, [values[i] for i in node.inputs], weights)
        return values

    def __call__(self, x: jax.Array) -> Outputs:
        """Input (b, s, s, 3), already normalised."""
        values = self.activations(x)
        wide = statistic_dtype(self.dtype)
        last = next((n.inputs[0] for n in self.nodes if _pools(n, self.feature)), self.feature)
        cells = values[last].astype(wide)
        features = jnp.mean(cells, (1, 2))
        logits = None
        if self.logits is not None:
            logits = global_mean(values[self.logits]).astype(wide)[:, 0, 0]
        return Outputs(features, logits, cells, {str(i): value for i, value in values.items()})


def _pools(node: Node, feature: int) -> bool:
    return node.output == feature and node.op == "gap"


def _apply(node: Node, x: list[jax.Array], weights: Weights | None) -> jax.Array:
    if weights is not None:
        y = conv(
            x[0],
            weights.kernel[...],
            weights.bias[...],
            stride=node.stride,
            padding=node.padding,
            dilation=node.dilation,
            groups=node.groups,
        )
    elif node.op == "add" and node.act == "relu":
        return relu_sum(x[0], x[1])
    elif node.op == "add":
        y = x[0] + x[1]
    elif node.op == "gap":
        y = global_mean(x[0])
    elif node.op == "maxpool":
        y = max_pool(x[0], window=node.window, stride=node.stride[0], padding=node.padding)
    elif node.op == "concat":
        y = jnp.concatenate(x, 3)
    else:
        y = x[0][..., node.start :: node.step]
    return ACTIVATIONS[node.act](y)


def load(path: Path, *, name: str = "", dtype: Any = jnp.float32) -> Backbone:
    """The network of a file."""
    graph = read_graph(path)
    module = GraphNetwork(graph, dtype)
    about = {"architecture": "graph", **graph.about}
    return Backbone(
        name or graph.name, module, graph.preprocessing, graph.digest, about, jnp.dtype(dtype)
    )
