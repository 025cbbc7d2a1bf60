"""The hubs of the literature as a user runs them: every network, with random weights, mock data."""

import importlib.util
import json

import pytest

from disco_jax.hubs.listing import find_hub, read_hub
from disco_jax.weights.download import kept_at

from ..command_line import call
from ..data.pictures import encoded
from . import table
from .libraries import timm, torch

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="no torch: make parity"),
    pytest.mark.filterwarnings("default"),
]
COMMIT = "5" * 40


def in_the_cache(model, home):
    """Random weights where those of this model are kept once they are fetched."""
    if model.weights.startswith("hf://"):
        repository = model.weights.removeprefix("hf://")
        folder = home / ("models--" + repository.replace("/", "--"))
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text(COMMIT)
        snapshot = folder / "snapshots" / COMMIT
        snapshot.mkdir(parents=True)
        describe(timm(repository.partition("/")[2]), snapshot)
        return
    path = kept_at(model.weights)
    path.parent.mkdir()
    case = next(c for c in table.CASES.values() if c.architecture == model.architecture)
    torch().save(case.build().state_dict(), path)


def describe(network, folder):
    """What timm uploads of a network."""
    from safetensors.torch import save_file

    save_file(network.state_dict(), folder / "model.safetensors")
    cfg = {key: value for key, value in network.pretrained_cfg.items() if value is not None}
    told = {
        "architecture": cfg["architecture"],
        "num_classes": network.num_classes,
        "num_features": network.num_features,
        "pretrained_cfg": cfg,
    }
    (folder / "config.json").write_text(json.dumps(told))


@pytest.mark.parametrize("hub", ["supervised", "self_supervised", "vit"])
def test_rank(hub, tmp_path, capsys, monkeypatch):
    pytest.importorskip("array_record")
    tfds = pytest.importorskip("tensorflow_datasets")
    models = read_hub(find_hub(hub))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("DISCO_CACHE", str(tmp_path))
    for model in models:
        in_the_cache(model, tmp_path)
    examples = [{"image": encoded(k), "label": k % 3, "id": str(k)} for k in range(24)]
    source = "tensorflow_datasets.core.DatasetBuilder.as_data_source"
    page = tmp_path / "report.html"
    given = "rank", "--hub", hub, "--data", "tfds:cifar10", "--offline"
    with tfds.testing.mock_data(), monkeypatch.context() as patch:
        patch.setattr(source, lambda *given, **named: examples)
        code, out, err = call(capsys, monkeypatch, *given, "--report", page, "--format", "json")
    assert code == 0, err
    found = json.loads(out)
    names = {model.name for model in models}
    assert set(found["scores"]) == names
    assert set(found["accuracies"]["cifar10"]) == names
    assert "tau_w" in found["agreement"]["disco"]
    assert "Were the scores right?" in page.read_text()
