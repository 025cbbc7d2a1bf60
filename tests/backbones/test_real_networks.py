"""The 20 real networks on real photographs; skipped where they are not (`DISCO_REAL`)."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from disco_jax.backbones.backbone import compiled
from disco_jax.backbones.graph.file import read_graph
from disco_jax.backbones.graph.module import GraphNetwork
from disco_jax.backbones.loading import load_backbone
from disco_jax.data import open_images
from disco_jax.data.decoding import batches

from ..oracles.graph_ops import activations
from .graphs import IMAGES, NETS, REAL

pytestmark = pytest.mark.skipif(not NETS, reason="the real networks are not here")

PHOTOGRAPHS = {  # class of caltech101 -> ImageNet's, in the order of WordNet ids
    "Leopards": {288, 289, 290},
    "accordion": {401},
    "airplanes": {404, 895, 908},
    "dalmatian": {251},
    "electric_guitar": {546},
    "flamingo": {130},
    "grand_piano": {579},
    "laptop": {620, 681},
    "minaret": {663, 668},
    "panda": {388},
    "revolver": {763, 764},
    "schooner": {780, 871, 914},
    "scorpion": {71},
    "soccer_ball": {805},
    "starfish": {327},
    "stop_sign": {919},
    "trilobite": {69},
    "umbrella": {879},
}
ORDERS = {"background + ILSVRC WNID order (1001)": 1, "ILSVRC WNID order (1000)": 0}


@pytest.fixture(scope="module")
def photographs():
    """One of each class, and the numbers that would be right."""
    images = open_images(str(IMAGES / "caltech101.npz"), "test")
    numbers = [images.class_names.index(name) for name in PHOTOGRAPHS if name in images.class_names]
    return images.take(np.array([np.flatnonzero(images.labels == n)[0] for n in numbers]))


@pytest.fixture(scope="module")
def thumbnails():
    images = open_images(str(IMAGES / "cifar10_jpeg.npz"), "test")
    return images.take(np.arange(0, len(images), len(images) // 100)[:100])


@pytest.mark.parametrize("name", ["cifar10_resnet20", "mobilenet_v1_0.25_128"])
def test_against_the_oracle(name):
    graph = read_graph(REAL / "nets" / f"{name}.npz")
    size = min(graph.preprocessing.size, 64)
    x = np.random.default_rng(0).normal(size=(1, size, size, 3))
    raw = json.loads(np.load(REAL / "nets" / f"{name}.npz")["graph"].tobytes())
    expected = activations(raw["nodes"], graph.weights, x)
    outputs = jax.jit(GraphNetwork(graph, "float64"))(jnp.asarray(x))
    for value, place in ((outputs.features, graph.feature), (outputs.logits, graph.logits)):
        np.testing.assert_allclose(value, expected[place][:, 0, 0], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("path", NETS, ids=lambda path: path.stem)
def test_a_real_network(path, photographs, thumbnails):
    backbone = load_backbone(path)
    images = thumbnails if "CIFAR" in backbone.about["source_data"] else photographs
    (pictures,) = batches(images, backbone.preprocessing, len(images))
    outputs = compiled(backbone, lambda o: o._replace(cells=o.cells.mean((1, 2))))(pictures)
    assert outputs.features.shape[0] == len(images) and outputs.features.shape[1] >= 64
    assert np.isfinite(outputs.features).all()
    np.testing.assert_allclose(outputs.cells, outputs.features, rtol=1e-4, atol=1e-5)
    deviation = np.std(outputs.features, 0)
    assert (deviation > 0).mean() > 0.5  # the features tell pictures apart
    if outputs.logits is None:
        return
    assert np.isfinite(outputs.logits).all()
    found = np.argmax(np.asarray(outputs.logits), 1)
    if images is thumbnails:
        assert (found == images.labels).mean() > 0.75  # JPEG of quality 75 costs ten points
    elif backbone.about["classes"] in ORDERS:
        shift = ORDERS[backbone.about["classes"]]
        names = [images.class_names[label] for label in images.labels]
        right = [f - shift in PHOTOGRAPHS[name] for f, name in zip(found, names, strict=True)]
        assert np.mean(right) >= 0.4, dict(zip(names, found.tolist(), strict=True))
    elif "background" in backbone.about["classes"]:
        assert (found == outputs.logits.shape[1] - 1).mean() > 0.7  # neither birds nor insects
    else:
        assert len(set(found.tolist())) > len(found) / 3
