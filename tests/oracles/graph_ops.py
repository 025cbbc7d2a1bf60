"""The six operations of the graph format, one output position at a time, in float64.

A graph is the parsed JSON of a file (`nodes` with op, i, o, p, ...) and weights {p: (w, b)}.
"""

import numpy as np

ACTS = {
    "none": lambda v: v,
    "relu": lambda v: np.where(v < 0, 0, v),
    "relu6": lambda v: np.where(v < 0, 0, np.where(v > 6, 6, v)),
    "leaky0.1": lambda v: np.where(v < 0, 0.1 * v, v),
}


def surround(x, pad, reach, stride, filler):
    """The map with its padding written out."""
    if pad == "VALID":
        return x
    if pad == "SAME":
        needed = []
        for axis in (0, 1):
            size = x.shape[1 + axis]
            out = int(np.ceil(size / stride[axis]))
            total = max((out - 1) * stride[axis] + reach[axis] - size, 0)
            needed.append((total // 2, total - total // 2))
    else:
        needed = [(pad[0], pad[1]), (pad[2], pad[3])]
    b, h, w, c = x.shape
    (top, bottom), (left, right) = needed
    y = np.full((b, h + top + bottom, w + left + right, c), filler, np.float64)
    y[:, top : top + h, left : left + w] = x
    return y


def windows(x, reach, stride, dilation=(1, 1)):
    """(row, column, window (b, kh, kw, c)) of every output position."""
    for r in range((x.shape[1] - reach[0]) // stride[0] + 1):
        for c in range((x.shape[2] - reach[1]) // stride[1] + 1):
            y, z = r * stride[0], c * stride[1]
            rows, columns = slice(y, y + reach[0], dilation[0]), slice(z, z + reach[1], dilation[1])
            yield r, c, x[:, rows, columns]


def collect(found):
    """Values by row and column as one map."""
    rows, columns = (1 + max(place[axis] for place in found) for axis in (0, 1))
    return np.stack([np.stack([found[r, c] for c in range(columns)], 1) for r in range(rows)], 1)


def conv(x, node, w, bias):
    w = w.astype(np.float64)
    kh, kw, per_group, out = w.shape
    groups, dilation = node.get("groups", 1), node["dil"]
    reach = [(kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1]
    x = surround(x, node["pad"], reach, node["stride"], 0.0)
    found = {}
    for r, c, window in windows(x, reach, node["stride"], dilation):
        value = np.empty((len(x), out))
        for group in range(groups):
            channels = slice(group * per_group, (group + 1) * per_group)
            made = slice(group * (out // groups), (group + 1) * (out // groups))
            value[:, made] = np.tensordot(window[..., channels], w[..., made], 3)
        found[r, c] = value + bias
    return ACTS[node["act"]](collect(found))


def maxpool(x, node):
    k, s = [node["k"]] * 2, [node["s"]] * 2
    x = surround(x, node["pad"], k, s, -np.inf)
    return collect({(r, c): window.max((1, 2)) for r, c, window in windows(x, k, s)})


def activations(nodes, weights, x):
    """Value of every node."""
    values = {0: x.astype(np.float64)}
    for node in nodes:
        given = [values[i] for i in node["i"]]
        match node["op"]:
            case "conv":
                y = conv(given[0], node, *weights[node["p"]])
            case "add":
                y = ACTS[node["act"]](given[0] + given[1])
            case "gap":
                y = given[0].mean((1, 2), keepdims=True)
            case "maxpool":
                y = maxpool(given[0], node)
            case "concat":
                y = np.concatenate(given, -1)
            case "take":
                y = given[0][..., node["start"] :: node["step"]]
        values[node["o"]] = y
    return values
