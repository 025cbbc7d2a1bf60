"""Families of networks that other packages bring."""

import numpy as np
import pytest
from safetensors.numpy import save_file

import disco_jax
from disco_jax.backbones import architectures, untrained
from disco_jax.errors import InputError

GROUP = "disco_jax.backbones"
CODE = """
from flax import nnx
import jax
from disco_jax.backbones import Family, of_map

class Linear(nnx.Module):
    def __init__(self, width, classes):
        self.weight = nnx.Param(jax.numpy.zeros((3, width)))

    def __call__(self, x):
        return of_map(x @ self.weight[...], None, {})

FAMILY = Family({"linear8": 8}, Linear, head="head.bias", dialects={"ours": ()})
TAKEN = FAMILY._replace(architectures={"resnet50": 8})
"""


def test_a_network_of_another_package(install, tmp_path):
    install("linear", CODE, GROUP, {"linear": "FAMILY"})
    assert "linear8" in architectures() and "resnet50" in architectures()
    weight = np.arange(24, dtype=np.float32).reshape(3, 8)
    save_file({"weight": weight}, tmp_path / "x.safetensors")
    backbone = disco_jax.load_backbone(tmp_path / "x.safetensors", "linear8")
    x = np.ones((1, 2, 2, 3), np.float32)
    np.testing.assert_allclose(backbone.module(x).features, weight.sum(0)[None], rtol=1e-6)


def test_what_cannot_be_used(install):
    install("linear", CODE, GROUP, {"linear": "Linear"})
    with pytest.warns(UserWarning, match="linear 1.2: .* is no family"):
        assert "linear8" not in architectures()


def test_a_name_that_is_taken(install):
    install("linear", CODE, GROUP, {"linear": "TAKEN"})
    with pytest.raises(InputError, match=r"^linear 1.2: .*'resnet50' is a name of disco-jax"):
        untrained("resnet18")
