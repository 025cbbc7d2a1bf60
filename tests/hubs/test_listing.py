"""The hubs of the literature, and one of random weights from end to end."""

import json

import pytest
from scipy.stats import weightedtau

from disco_jax.backbones.loading import architectures
from disco_jax.comparison import dataset_of
from disco_jax.comparison.accuracies import read_accuracies
from disco_jax.hubs.listing import HUBS, accuracies_of, find_hub, read_hub

from ..command_line import refused
from ..data.pictures import save_pack
from ..parity import table
from ..parity.golden import restored

BUNDLED = sorted(path.stem for path in HUBS.glob("*.toml"))
TRUTH = "model,dataset,accuracy\n" + "".join(
    f"{model},{data},{value}\n"
    for data, values in (("Pack", (91.5, 88.0)), ("other", (10, 20)))
    for model, value in zip(("cifar", "vit"), values, strict=True)
)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_hubs_have_accuracies(name):
    hub = find_hub(name)
    models = [model.name for model in read_hub(hub)]
    truth = read_accuracies(accuracies_of(hub), models=models, drop_unscored=True)
    assert len(truth.datasets) == 11 and "cifar10" in truth.datasets
    assert all(0 < value <= 100 for row in truth.datasets.values() for value in row.values())


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_hubs_name_networks_there_are(name):
    known = architectures()
    for model in read_hub(find_hub(name)):
        of_timm = model.weights.removeprefix("hf://timm/").split(".")[0]
        assert (model.architecture or of_timm) in known, model


def test_a_file_comes_before_a_bundled_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_hub("vit") == HUBS / "vit.toml"
    (tmp_path / "vit").write_text("")
    assert str(find_hub("vit")) == "vit" and accuracies_of(find_hub("vit")) is None


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Two checkpoints as libraries write them, of random weights."""
    home = tmp_path_factory.mktemp("hub")
    for name, case in (
        ("cifar", "resnet_cifar/cifar_resnet20"),
        ("vit", "vit/hf-ViTForImageClassification"),
    ):
        (home / name).mkdir()
        restored(case.split("/")[0], table.CASES[case], home / name)
    (home / "hub.toml").write_text(
        '[[models]]\nname = "cifar"\nweights = "cifar"\narchitecture = "cifar_resnet20"\n'
        '[[models]]\nname = "vit"\nweights = "vit"\n'
    )
    save_pack(home / "pack.npz", 20)
    (home / "truth.csv").write_text(TRUTH)
    return home


def test_from_checkpoints_to_agreement(run, hub, tmp_path):
    given = "--hub", hub / "hub.toml", "--data", hub / "pack.npz", "--metrics", "disco,knn"
    given = *given, "--accuracies", hub / "truth.csv", "--offline"
    page = tmp_path / "page.html"
    code, out, err = run("rank", *given, "--report", page, "--format", "json")
    assert (code, err) == (0, ""), err
    found = json.loads(out)
    assert found["accuracies"] == {"Pack": {"cifar": 91.5, "vit": 88.0}}
    for spec in ("disco", "knn"):
        scores = [found["scores"][model][spec] for model in ("cifar", "vit")]
        tau = found["agreement"][spec]["tau_w"]
        if scores[0] != scores[1]:
            assert tau == pytest.approx(weightedtau(scores, [91.5, 88.0])[0])
    assert "Were the scores right?" in page.read_text()
    code, out, _ = run("rank", *given, "--dataset", "OTHER")
    lines = out.splitlines()
    assert code == 0 and lines[0].split() == ["model", "accuracy", "disco", "knn"]
    assert any(line.split()[:2] == ["vit", "20.00"] for line in lines)


def test_further_layers_of_a_hub(run, hub, tmp_path):
    listed = hub / "layers.toml"
    listed.write_text(
        '[[models]]\nname = "vit"\nweights = "vit"\nlayers = ["blocks.0", "blocks.1:mean"]\n'
    )
    given = "--hub", listed, "--data", hub / "pack.npz"
    code, out, err = run("rank", *given, "--metrics", "knn", "--format", "json")
    assert code == 0, err
    assert set(json.loads(out)["scores"]) == {"vit", "vit@blocks.0", "vit@blocks.1-mean"}
    for layers, told in (
        ('["blocks.9"]', "vit: layers: 'blocks.9' is unknown; there are blocks.0, blocks.1"),
        ('["blocks.0:max"]', "has no 'max'; choose mean, token, map"),
        ("[3]", "model 1: layers: no text"),
    ):
        listed.write_text(f'[[models]]\nname = "vit"\nweights = "vit"\nlayers = {layers}\n')
        refused(run("rank", *given), told)


def test_published_accuracies_do_not_ask_for_a_dataset():
    published = read_accuracies(HUBS / "vit.csv")
    assert dataset_of(published, "vit.csv", None, "my pictures") is None
    assert dataset_of(published, "vit.csv", None, "CIFAR10") == "cifar10"
    assert dataset_of(published, "vit.csv", "pets", "my pictures") == "pets"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--accuracies", "truth.csv", "--dataset", "pets"], "none for dataset 'pets'; choose"),
        (["--accuracies", "none.csv"], "none.csv: file: cannot be read"),
        (["--dataset", "pets"], "there are no accuracies; give --accuracies"),
        (["--hub", "supervized"], "supervized: hub: cannot be read"),
    ],
)
def test_wrong_use(run, hub, monkeypatch, given, told):
    monkeypatch.chdir(hub)
    refused(run("rank", "--hub", "hub.toml", "--data", "pack.npz", *given), told)
