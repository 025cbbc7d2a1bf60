"""Names of published checkpoints, which are too large to be here, become ours.

They are as facebookresearch/moco, salesforce/PCL, HobbitLong/PyContrast, facebookresearch/swav,
facebookresearch/simsiam, facebookresearch/moco-v3, facebookresearch/dino, open-mmlab/mmpretrain,
whai362/PVT and microsoft/Swin-Transformer save them.
"""

import re

import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import save_file

from disco_jax.backbones.loading import _known, load_backbone, untrained
from disco_jax.weights.filling import name_of
from disco_jax.weights.naming import renamed

MOCO = ["module.encoder_k.conv1.weight", "module.queue", "module.queue_ptr"]
HEADS = {  # of each prefix, what is there besides the network
    "module.encoder_q.": [*MOCO, "module.encoder_q.fc.0.weight", "module.encoder_k.fc.0.weight"],
    "module.encoder.": [
        "module.head.0.bias",
        "module.head_jig.fc1.weight",
        "module.predictor.0.bias",
    ],
    "module.": ["module.projection_head.1.running_var", "module.prototypes.prototypes0.weight"],
    "module.base_encoder.": [
        "module.momentum_encoder.fc.0.weight",
        "module.base_encoder.fc.1.bias",
    ],
    "backbone.": ["neck.fc0.weight", "head.mlp.0.weight", "backbone.fc.weight"],
    "": [],
}


def names(architecture, classes=None):
    family, sizes = _known()[architecture]
    module = nnx.eval_shape(lambda: family.build(sizes, classes))
    return [name_of(path) for path, _ in nnx.to_flat_state(nnx.state(module))]


def fits(architecture, ours, theirs, besides=()):
    """Whether some dialect makes exactly our names of theirs."""
    dialects = _known()[architecture][0].dialects.values()
    wanted = {name: [other] for name, other in zip(ours, theirs, strict=True)}
    return any(renamed([*theirs, *besides], rules) == wanted for rules in dialects)


@pytest.mark.parametrize("prefix", HEADS)
def test_self_supervised_resnets(prefix):
    ours = names("resnet50")
    theirs = [prefix + name for name in ours]
    assert fits("resnet50", ours, theirs, HEADS[prefix])
    assert not fits("resnet50", ours, theirs, ["module.surprise.weight"])


def test_a_head_behind_a_prefix_stays_when_it_is_of_classes():
    ours = names("resnet50", 10)
    assert "fc.bias" in ours and fits("resnet50", ours, ["module." + name for name in ours])


def test_parameters_of_a_moco_checkpoint_are_those_of_the_queries(tmp_path):
    module = untrained("resnet18", None, dtype="float32").module
    state = nnx.to_flat_state(nnx.state(module))
    kernels = {path: np.asarray(value[...]) for path, value in state}
    stored = {
        name_of(path): each.transpose(3, 2, 0, 1) if path[-1] == "kernel" else each
        for path, each in kernels.items()
    }
    file = {f"module.encoder_q.{name}": np.ascontiguousarray(each) for name, each in stored.items()}
    file |= {f"module.encoder_k.{name}": each * 0 for name, each in stored.items()}
    file |= {"module.encoder_q.fc.weight": np.ones((128, 512), np.float32)}
    save_file(file, tmp_path / "moco.safetensors")
    found = load_backbone(tmp_path / "moco.safetensors", "resnet18").module
    for path, value in nnx.to_flat_state(nnx.state(found)):
        np.testing.assert_array_equal(value[...], kernels[path])


def test_pvt_v2_of_its_authors():
    ours = names("pvt_v2_b2", 1000)
    theirs = [re.sub(r"^stages\.(\d)\.", lambda m: f"stage{int(m[1]) + 1}.", name) for name in ours]
    theirs = [re.sub(r"^patch_embed\.", "patch_embed1.", name) for name in theirs]
    theirs = [re.sub(r"^stage(\d)\.downsample\.", r"patch_embed\1.", name) for name in theirs]
    theirs = [re.sub(r"^stage(\d)\.blocks\.", r"block\1.", name) for name in theirs]
    theirs = [re.sub(r"^stage(\d)\.norm\.", r"norm\1.", name) for name in theirs]
    theirs = [name.replace(".dwconv.", ".dwconv.dwconv.") for name in theirs]
    assert {"patch_embed4.norm.bias", "block3.5.attn.sr.weight", "norm1.bias"} <= set(theirs)
    assert fits("pvt_v2_b2", ours, theirs)


def test_swin_of_its_authors():
    ours = names("swin_tiny_patch4_window7_224", 1000)
    earlier = lambda m: f"layers.{int(m[1]) - 1}.downsample."  # noqa: E731
    theirs = [re.sub(r"^layers\.(\d)\.downsample\.", earlier, name) for name in ours]
    buffers = ["layers.0.blocks.1.attn_mask", "layers.0.blocks.0.attn.relative_position_index"]
    assert "layers.0.downsample.reduction.weight" in theirs
    assert fits("swin_tiny_patch4_window7_224", ours, theirs, buffers)
