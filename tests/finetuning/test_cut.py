"""Both parts of a network together are the network, and only the trained part's weights move."""

import jax
import numpy as np
import pytest

from disco_jax.backbones import compiled, load_backbone
from disco_jax.demo import HUB
from disco_jax.finetuning.cut import cut
from disco_jax.hubs import read_hub

from ..closeness import close
from ..refusal import refusal
from .pictures import SIZE, network

IMAGES = np.random.default_rng(1).integers(0, 256, (4, SIZE, SIZE, 3)).astype(np.uint8)


def graph():
    model = next(each for each in read_hub(HUB) if each.name == "digits_small")
    return load_backbone(model.weights, model.architecture)


@pytest.mark.parametrize("tune", ["all", "block", "head"])
@pytest.mark.parametrize("made", [network, graph])
def test_parts_are_the_network(made, tune):
    backbone = made()
    parts = cut(backbone, tune, 4)
    maps = IMAGES if tune == "all" else jax.jit(parts.frozen)(IMAGES)
    found = jax.jit(parts.trained)(parts.weights, maps)
    close(found, compiled(backbone)(IMAGES).features)
    assert tune != "head" or maps.shape == found.shape


def test_the_last_block_is_the_shortest_end_that_is_large_enough():
    # the shared scale is read before the cut too, so it stays as it was
    sizes = {tune: [w.shape for w in cut(network(), tune, 4).weights] for tune in ("all", "block")}
    assert sizes["all"] == [(3, 3, 6, 6), (3, 3, 6, 6), (6,), (3, 3, 3, 6)]
    assert sizes["block"] == [(3, 3, 6, 6)]
    assert cut(network(), "head", 4).weights == []


def test_weights_that_are_counted():
    # the head of a graph is replaced: its weights are neither trained nor counted
    backbone = graph()
    parts = cut(backbone, "all", 4)
    assert parts.size == sum(w.size for w in parts.weights) == 7200
    assert cut(backbone, "head", 4).size == 7200


def test_a_network_that_torch_runs():
    backbone = network()._replace(module=lambda x: x)
    refusal(lambda: cut(backbone, "all", 4), "network", "torch runs it", file="small")


def test_slopes_reach_the_trained_part_only():
    parts = cut(network(), "block", 4)
    maps = jax.jit(parts.frozen)(IMAGES)
    slopes = jax.grad(lambda w: parts.trained(w, maps).sum())(parts.weights)
    assert [bool(np.any(np.asarray(s))) for s in slopes] == [True]
