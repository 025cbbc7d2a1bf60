"""Files and folders of weights, the names in them, and the modules they fill."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import save_file

from disco_jax.backbones.loading import load_backbone
from disco_jax.backbones.modules import Conv, Linear
from disco_jax.weights.checkpoint import read_checkpoint
from disco_jax.weights.filling import filled, problems, told
from disco_jax.weights.naming import renamed

ONE, TWO = {"a": np.arange(3.0)}, {"b": np.ones((2, 2), np.float32)}


def test_a_folder_of_shards(tmp_path):
    save_file(ONE, tmp_path / "x-1.safetensors")
    save_file(TWO, tmp_path / "x-2.safetensors")
    index = {"weight_map": {"a": "x-1.safetensors", "b": "x-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "config.json").write_text('{"architecture": "resnet18.a1_in1k"}')
    found = read_checkpoint(tmp_path)
    assert found.tensors.keys() == {"a", "b"} and found.config["architecture"]
    save_file({"a": np.arange(3.0) + 1}, tmp_path / "x-1.safetensors")
    assert read_checkpoint(tmp_path).digest != found.digest


def test_the_one_file_of_a_folder(tmp_path):
    save_file(ONE, tmp_path / "odd_name.safetensors")
    assert read_checkpoint(tmp_path).tensors.keys() == {"a"}
    save_file(TWO, tmp_path / "model.safetensors")
    assert read_checkpoint(tmp_path).tensors.keys() == {"b"}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "there are no weights in the folder"),
        ({"a.pth": b"", "b.pth": b""}, "several weights: a.pth, b.pth; name one"),
        ({"model.safetensors": b"nonsense"}, "damaged, or of another format"),
        ({"model.safetensors": b"", "config.json": b"{"}, "damaged"),
        ({"model.safetensors.index.json": b'{"weight_map": {"a": "../x"}}'}, "names no files"),
        ({"model.safetensors.index.json": b'{"weight_map": {"a": "x"}}'}, "cannot be read"),
    ],
)
def test_folders_that_are_refused(tmp_path, files, problem):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=problem) as why:
        read_checkpoint(tmp_path)
    assert "\n" not in str(why.value)


def test_names():
    rules = ((r"^old\.", ""), (r"\.q\.", ".qkv.#0"), (r"\.k\.", ".qkv.#1"), (r"^buffer$", ""))
    rules = (*rules, (r"qkv\.(#\d)(\w+)$", r"qkv.\2\1"))
    names = ["old.x.k.bias", "old.x.q.bias", "buffer", "y.num_batches_tracked", "z"]
    assert renamed(names, rules) == {"x.qkv.bias": ["old.x.q.bias", "old.x.k.bias"], "z": ["z"]}


class Small(nnx.Module):
    def __init__(self):
        self.parts = nnx.List([Conv(2, 3, (1, 5), bias=True)])
        self.head = Linear(3, 4)


def abstract():
    return nnx.eval_shape(Small)


TENSORS = {
    "parts.0.weight": np.arange(30.0).reshape(3, 2, 1, 5),
    "parts.0.bias": np.arange(3.0),
    "q.weight": np.arange(6.0).reshape(2, 3),
    "k.weight": np.arange(6.0).reshape(2, 3) + 6,
    "head.bias": np.arange(4.0),
}
PIECES = {name: [name] for name in TENSORS if name[1] != "."}
PIECES["head.weight"] = ["q.weight", "k.weight"]


def test_filled():
    assert problems(abstract(), TENSORS, PIECES) == []
    module = filled(abstract(), TENSORS, PIECES, jnp.float64)
    kernel = module.parts[0].kernel[...]
    np.testing.assert_array_equal(kernel, TENSORS["parts.0.weight"].transpose(2, 3, 1, 0))
    np.testing.assert_array_equal(module.head.kernel[...], np.arange(12.0).reshape(4, 3).T)
    assert module.head.bias[...].dtype == jnp.float64


def test_more_axes_of_length_one():
    tensors = {
        **TENSORS,
        "parts.0.bias": np.arange(3.0).reshape(3, 1, 1),
        "q.weight": TENSORS["q.weight"].reshape(2, 3, 1, 1),
        "k.weight": TENSORS["k.weight"].reshape(2, 3, 1, 1),
    }
    assert problems(abstract(), tensors, PIECES) == []
    module = filled(abstract(), tensors, PIECES, jnp.float64)
    np.testing.assert_array_equal(module.parts[0].bias[...], np.arange(3.0))
    np.testing.assert_array_equal(module.head.kernel[...], np.arange(12.0).reshape(4, 3).T)
    tensors["head.bias"] = np.ones((2, 2))
    assert problems(abstract(), tensors, PIECES) == ["head.bias is (2, 2), not (4,)"]


def test_all_that_does_not_fit_is_said_at_once():
    tensors = {**TENSORS, "k.weight": np.zeros((2, 5)), "new": np.zeros(1), "head.bias": np.ones(3)}
    pieces = {**PIECES, "other": ["new"]}
    del pieces["parts.0.bias"]
    found = problems(abstract(), tensors, pieces)
    assert found == [
        "head.bias is (3,), not (4,)",
        "new unknown",
        "parts.0.bias missing",
        "q.weight is None, not (4, 3)",
    ]
    assert told(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d, 2 more"


def test_a_network_that_is_another(tmp_path):
    save_file({"conv1.weight": np.zeros((64, 3, 3, 3), np.float32)}, tmp_path / "a.safetensors")
    with pytest.raises(ValueError) as why:
        load_backbone(tmp_path / "a.safetensors", "resnet18")
    said = str(why.value)
    assert "a.safetensors: weights: no resnet18: " in said and "missing" in said
    assert said.endswith("choose the architecture that the weights were trained with")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("{}", "neither named nor in a config.json"),
        ('{"architecture": "resnet5"}', "'resnet5' is unknown; did you mean resnet50?"),
        ('{"model_type": "resnet"}', "config.json: not understood"),
        ('{"model_type": "bert"}', "'bert' is unknown"),
    ],
)
def test_configurations_that_say_too_little(tmp_path, config, told):
    save_file(ONE, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ValueError, match=told) as why:
        load_backbone(tmp_path)
    assert "\n" not in str(why.value)
