"""Networks in torch: the graph format, written plainly, and timm's; run as a script of its own.

    python torch_networks.py GRAPH.npz FOLDER      python torch_networks.py timm:NAME FOLDER

It answers every line with a line. The first: the network is there, with random weights in
`FOLDER/weights.safetensors` if it is timm's. Then, where `FOLDER/batch.npy` holds uint8 (b, s, s,
3), JSON: how many seconds the first call took, whose features (b, d) are in `FOLDER/features.npy`,
and which way is the fastest: channels first or last, one thread or all, a call of each. From then
on a call of the network for every line. It imports nothing of the package.
"""

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch_ways import answer, define_operators, fastest

ACTIVATIONS = {
    "none": lambda x: x,
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky0.1": lambda x: F.leaky_relu(x, 0.1),
}


class Graph(torch.nn.Module):
    """The nodes of a file in their order."""

    def __init__(self, path: str, order: torch.memory_format) -> None:
        super().__init__()
        self.order = order
        arrays = np.load(path)
        graph = json.loads(arrays["graph"].tobytes())
        self.nodes, self.input, self.feature = graph["nodes"], graph["input"], graph["feature"]
        self.weights = torch.nn.ParameterDict()
        for key in (node["p"] for node in self.nodes if node["op"] == "conv"):
            w = arrays[f"w{key}"].astype(np.float32)
            if f"s{key}" in arrays:
                w = (w - arrays[f"z{key}"].astype(np.float32)) * arrays[f"s{key}"]
            kernel = torch.from_numpy(np.ascontiguousarray(w.transpose(3, 2, 0, 1)))
            self.weights[f"w{key}"] = torch.nn.Parameter(kernel.float(), requires_grad=False)
            bias = torch.from_numpy(arrays[f"b{key}"].astype(np.float32))
            self.weights[f"b{key}"] = torch.nn.Parameter(bias, requires_grad=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Features of uint8 (b, s, s, 3)."""
        x = images.flip(3) if self.input["bgr"] else images
        x = (x.float() - torch.tensor(self.input["offset"])) * torch.tensor(self.input["scale"])
        values = {0: x.permute(0, 3, 1, 2).contiguous(memory_format=self.order)}
        for node in self.nodes:
            values[node["o"]] = self.apply_node(node, [values[i] for i in node["i"]])
            if node["o"] == self.feature:
                break
        return values[self.feature].mean((2, 3))

    def apply_node(self, node: dict[str, Any], x: list[torch.Tensor]) -> torch.Tensor:
        """The value of one node."""
        if node["op"] == "conv":
            w, b = self.weights[f"w{node['p']}"], self.weights[f"b{node['p']}"]
            reach = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], node["dil"], strict=True)]
            top, bottom, left, right = sides(x[0], node["pad"], reach, node["stride"])
            y, pad = x[0], (top, left)
            if (top, left) != (bottom, right):
                y, pad = F.pad(y, (left, right, top, bottom)), (0, 0)
            y = F.conv2d(y, w, b, node["stride"], pad, node["dil"], node.get("groups", 1))
            return ACTIVATIONS[node["act"]](y)
        if node["op"] == "add":
            return ACTIVATIONS[node["act"]](x[0] + x[1])
        if node["op"] == "gap":
            return x[0].mean((2, 3), keepdim=True)
        if node["op"] == "maxpool":
            k, s = node["k"], node["s"]
            top, bottom, left, right = sides(x[0], node["pad"], [k, k], [s, s])
            return F.max_pool2d(F.pad(x[0], (left, right, top, bottom), value=-torch.inf), k, s)
        if node["op"] == "concat":
            return torch.cat(x, 1)
        return x[0][:, node["start"] :: node["step"]]


def sides(x: torch.Tensor, pad: Any, reach: list[int], stride: list[int]) -> list[int]:
    """Padding at the top, bottom, left and right; SAME is TensorFlow's, more of it at the end."""
    if pad == "VALID":
        return [0, 0, 0, 0]
    if pad != "SAME":
        return list(pad)
    missing = [
        max((-(-size // s) - 1) * s + r - size, 0)
        for size, s, r in zip(x.shape[2:], stride, reach, strict=True)
    ]
    return [side for m in missing for side in (m // 2, m - m // 2)]


class Timm(torch.nn.Module):
    """A network of timm, without its head."""

    def __init__(self, name: str, order: torch.memory_format) -> None:
        super().__init__()
        define_operators()
        import timm

        torch.manual_seed(0)
        self.network = timm.create_model(name, num_classes=0).eval()
        self.order = order
        told = self.network.default_cfg
        self.mean, self.deviation = torch.tensor(told["mean"]), torch.tensor(told["std"])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Features of uint8 (b, s, s, 3)."""
        x = (images.float() / 255 - self.mean) / self.deviation
        return self.network(x.permute(0, 3, 1, 2).contiguous(memory_format=self.order))


def network(source: str, order: torch.memory_format = torch.contiguous_format) -> torch.nn.Module:
    """The network of a graph file or of timm."""
    name = source.removeprefix("timm:")
    built = Graph(source, order) if name == source else Timm(name, order)
    return built.to(memory_format=order)


@torch.inference_mode()
def main() -> None:
    """The weights, the fastest way, then a call for each line."""
    source, folder = sys.argv[1], Path(sys.argv[2])
    first = network(source)
    if isinstance(first, Timm):
        save_file(first.network.state_dict(), folder / "weights.safetensors")
    sys.stdin.readline()
    print(flush=True)
    sys.stdin.readline()
    images = torch.from_numpy(np.load(folder / "batch.npy"))
    features, seconds = timed(first, images)
    np.save(folder / "features.npy", features.numpy())
    best, told = fastest(lambda order: partial(network(source, order), images))
    print(json.dumps({"first_s": seconds, **told}), flush=True)
    answer(best)


def timed(built: torch.nn.Module, images: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Features, and the seconds they took."""
    start = time.perf_counter()
    features = built(images)
    return features, time.perf_counter() - start


if __name__ == "__main__":
    main()
