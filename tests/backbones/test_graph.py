"""Networks in the graph format: the operations, the module, the file, and what is refused."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from disco_jax.backbones.backbone import compiled, padded
from disco_jax.backbones.graph.file import read_graph
from disco_jax.backbones.graph.module import GraphNetwork, load

from ..oracles.graph_ops import activations
from .graphs import drawn, save

SIZE = 13


def network(path, seed, dtype):
    """A random graph as a module with unrounded weights, its oracle's values and its input."""
    g, feature, logits = drawn(seed)
    save(path, g, feature, logits, size=SIZE)
    graph = read_graph(path)._replace(weights=g.weights)
    x = g.rng.normal(size=(2, SIZE, SIZE, 3))
    return GraphNetwork(graph, dtype), activations(g.nodes, g.weights, x), jnp.asarray(x, dtype)


@pytest.mark.parametrize(
    ("seed", "dtype", "tolerance"),
    [*((seed, jnp.float64, 1e-10) for seed in range(4)), (4, jnp.float32, 1e-5)],
)
def test_every_node_is_the_oracles(tmp_path, seed, dtype, tolerance):
    module, expected, x = network(tmp_path / "net.npz", seed, dtype)
    found, outputs = jax.jit(lambda x: (module.activations(x), module(x)))(x)
    assert found.keys() == expected.keys()
    for place, value in expected.items():
        assert found[place].shape == value.shape and found[place].dtype == dtype
        np.testing.assert_allclose(found[place], value, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(
        outputs.features, expected[module.feature][:, 0, 0], rtol=tolerance, atol=tolerance
    )
    np.testing.assert_allclose(
        outputs.logits, expected[module.logits][:, 0, 0], rtol=tolerance, atol=tolerance
    )


def test_bfloat16(tmp_path):
    module, expected, x = network(tmp_path / "net.npz", 0, jnp.bfloat16)
    outputs = jax.jit(lambda x: module(x))(x)
    assert outputs.features.dtype == outputs.logits.dtype == jnp.float32
    off = np.linalg.norm(np.asarray(outputs.features) - expected[module.feature][:, 0, 0])
    assert 0 < off < 0.03 * np.linalg.norm(expected[module.feature])


def test_weights_of_a_file(tmp_path):
    g, feature, logits = drawn(1)
    save(tmp_path / "net.npz", g, feature, logits, quantised=("000", "002"))
    graph = read_graph(tmp_path / "net.npz")
    for name, (w, b) in g.weights.items():
        kernel, bias = graph.weights[name]
        step = np.abs(w).max() / 120 if name in ("000", "002") else 1e-3 * np.abs(w).max()
        np.testing.assert_allclose(kernel, w, rtol=0, atol=step)
        np.testing.assert_allclose(bias, b, rtol=1e-6)
    assert len(graph.digest) == 64


def test_bytes_in_features_out(tmp_path):
    g, feature, logits = drawn(2)
    save(tmp_path / "net.npz", g, feature, logits, size=SIZE)
    backbone = load(tmp_path / "net.npz", name="mine", dtype=jnp.float64)
    images = g.rng.integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
    x = (images[..., ::-1] - np.array([128, 100, 90.0])) * np.array([0.01, 0.02, 0.03])
    weights = read_graph(tmp_path / "net.npz").weights
    expected = activations(g.nodes, weights, x)
    run = compiled(backbone, lambda outputs: (outputs.features, outputs.logits))
    features, scores = run(padded(images, 4))
    np.testing.assert_allclose(features[:3], expected[feature][:, 0, 0], rtol=1e-10)
    np.testing.assert_allclose(scores[:3], expected[logits][:, 0, 0], rtol=1e-10)
    assert (backbone.name, backbone.about["architecture"]) == ("mine", "graph")


def test_without_a_head(tmp_path):
    g, feature, _ = drawn(3)
    save(tmp_path / "net.npz", g, feature, None, size=SIZE)
    run = compiled(load(tmp_path / "net.npz"))
    assert run(np.zeros((1, SIZE, SIZE, 3), np.uint8)).logits is None


def test_it_trains(tmp_path):
    g, feature, logits = drawn(0)
    save(tmp_path / "net.npz", g, feature, logits, size=SIZE)
    module = load(tmp_path / "net.npz").module
    x = jnp.asarray(g.rng.normal(size=(8, SIZE, SIZE, 3)), jnp.float32)
    labels = jnp.arange(8, dtype=jnp.int32) % 5
    definition, state = nnx.split(module)
    optimiser = optax.sgd(0.1)

    def loss(state):
        scores = nnx.merge(definition, state)(x).logits
        return optax.softmax_cross_entropy_with_integer_labels(scores, labels).mean()

    @jax.jit
    def step(state, memory):
        value, gradient = jax.value_and_grad(loss)(state)
        updates, memory = optimiser.update(gradient, memory)
        return optax.apply_updates(state, updates), memory, value

    memory, losses = optimiser.init(state), []
    for _ in range(20):
        state, memory, value = step(state, memory)
        losses.append(float(value))
    assert losses[-1] < 0.8 * losses[0]
    assert len(jax.tree.leaves(state)) == 2 * len(g.weights)


def damaged(change):
    """A file after `change(described, arrays)`."""

    def write(path):
        g, feature, logits = drawn(0)
        arrays = save(path, g, feature, logits)
        described = json.loads(arrays["graph"].tobytes())
        change(described, arrays)
        arrays["graph"] = np.frombuffer(json.dumps(described).encode(), np.uint8)
        np.savez(path, **arrays)

    return write


DAMAGES = {
    "cannot be read": lambda path: None,
    "file: damaged": lambda path: path.write_bytes(b"nonsense"),
    "plain arrays": lambda path: np.savez(path, graph=np.array([{}], object)),
    "graph: not as the format says (KeyError: 'graph')": lambda path: np.savez(path, w=np.ones(1)),
    "(KeyError: 'nodes')": damaged(lambda d, a: d.pop("nodes")),
    "op 'softmax' is none of conv": damaged(lambda d, a: d["nodes"][0].update(op="softmax")),
    "act 'gelu' is none of none, relu": damaged(lambda d, a: d["nodes"][0].update(act="gelu")),
    "pad 'FULL' is neither": damaged(lambda d, a: d["nodes"][0].update(pad="FULL")),
    "add of 1 nodes": damaged(lambda d, a: d["nodes"][6].update(i=[2])),
    "size below 1": damaged(lambda d, a: d["nodes"][0].update(stride=[0, 1])),
    "node 1: reads node 9, which": damaged(lambda d, a: d["nodes"][0].update(i=[9])),
    "node 1: is there twice": damaged(lambda d, a: d["nodes"][1].update(o=1)),
    "for 3 channels": damaged(lambda d, a: d["nodes"][1].update(i=[0])),
    "node 7: adds 8 and 12 channels": damaged(lambda d, a: d["nodes"][6].update(i=[4, 3])),
    "feature: there is no node 99": damaged(lambda d, a: d.update(feature=99)),
    "feature: there is no node None": damaged(lambda d, a: d.update(feature=None)),
    "w003: missing": damaged(lambda d, a: a.pop("w003")),
    "w003: shape": damaged(lambda d, a: a.update(b003=np.ones(1, np.float32))),
    "w003: not finite": damaged(lambda d, a: a.update(w003=a["w003"] * np.nan)),
    "s003, z003: missing": damaged(lambda d, a: a.update(w003=a["w003"].astype(np.int8))),
    "s003, z003: shapes": damaged(
        lambda d, a: a.update(s003=np.ones(7, np.float32), z003=np.ones(7, np.int16))
    ),
}


@pytest.mark.parametrize("told", DAMAGES)
def test_a_bad_file_is_one_line(tmp_path, told):
    path = tmp_path / "net.npz"
    DAMAGES[told](path)
    with pytest.raises(ValueError) as why:
        read_graph(path)
    text = str(why.value)
    assert text.startswith(f"{path}: ") and told in text and "\n" not in text and "; " in text
