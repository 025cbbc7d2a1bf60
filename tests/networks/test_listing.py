"""The networks that are known: complete, counted rightly, and ready as a hub."""

import csv
import io
import json

import pytest

from disco_jax.backbones.loading import architectures, load_backbone
from disco_jax.demo import HUB
from disco_jax.hubs.listing import HUBS, read_hub
from disco_jax.networks.counting import counted as counted_again
from disco_jax.networks.listing import Network, as_hub, counted, networks, number_of

from ..command_line import refused

LISTED = {model.name: model for path in (HUB, *HUBS.glob("*.toml")) for model in read_hub(path)}


def test_every_architecture_is_counted():
    assert list(counted()) == architectures()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("resnet18", 11_689_512), ("squeezenet1_1", 1_235_496), ("mobilenet_v2", 3_504_872)],
)
def test_counts(name, parameters):
    """Those that torchvision publishes."""
    assert counted()[name] == counted_again(name)
    assert counted()[name][0] == parameters


def test_all_are_there():
    found = networks()
    assert {each.network for each in found if each.weights} == set(LISTED)
    assert {each.architecture for each in found} >= set(architectures())
    assert all(each.pixels > 0 and each.parameters > each.without_head > 0 for each in found)


def test_nothing_is_invented():
    for each in networks():
        if each.hub == "demo":
            about = load_backbone(each.weights).about
            assert (each.source_data, each.licence) == (about["source_data"], about["licence"])
        elif each.weights:
            facts = LISTED[each.network].facts
            assert each.source_data == facts.get("source_data")
            assert each.licence == facts.get("licence")
        else:
            assert (each.source_data, each.licence, each.hub) == (None, None, None)


def test_search_and_size():
    assert {each.hub for each in networks("moco")} == {"self_supervised", "vit", None}
    assert [each.network for each in networks("resnet50 WITHOUT moco-v2")] == ["moco-v2"]
    small = networks("resnet", number_of("12M"))
    assert "resnet18" in {each.network for each in small}
    assert "resnet34" not in {each.network for each in small}


def test_a_hub_of_them(tmp_path):
    found = networks("resnet")
    (tmp_path / "hub.toml").write_text(as_hub(found))
    models = read_hub(tmp_path / "hub.toml")
    assert [model.name for model in models] == [each.network for each in found if each.weights]
    for model in models:
        ours = LISTED[model.name]
        assert model._replace(where="") == ours._replace(where="")


def test_a_hub_of_the_demonstration(tmp_path):
    (tmp_path / "hub.toml").write_text(as_hub(networks("demo digits_small")))
    (model,) = read_hub(tmp_path / "hub.toml")
    assert load_backbone(model.weights).digest == load_backbone(LISTED[model.name].weights).digest


def test_formats(run):
    code, out, err = run("networks", "--search", "deit tiny", "--format", "json")
    assert (code, err) == (0, "")
    rows = json.loads(out)["networks"]
    assert rows[0] == {
        "network": "deit_tiny",
        "architecture": "deit_tiny_patch16_224",
        "parameters": 5717416,
        "without_head": 5524416,
        "pixels": 224,
        "hub": "vit",
        "weights": "hf://timm/deit_tiny_patch16_224.fb_in1k",
        "source_data": "ImageNet-1k",
        "licence": None,
    }
    code, out, _ = run("networks", "--search", "deit tiny", "--format", "csv")
    listed = list(csv.DictReader(io.StringIO(out)))
    assert [row["network"] for row in listed] == [row["network"] for row in rows]
    assert tuple(listed[0]) == Network._fields and listed[0]["licence"] == ""
    code, out, _ = run("networks", "--search", "deit tiny")
    assert out.splitlines()[0].startswith("network")
    row = "deit_tiny  deit_tiny_patch16_224  5.72M 224 vit ImageNet-1k unknown"
    assert out.splitlines()[1].split() == row.split()


def test_toml(run):
    code, out, err = run("networks", "--search", "swin", "--max-parameters", "30M", "--toml")
    assert code == 0
    assert out == (
        '[[models]]\nname = "swin_t"\nweights = "hf://timm/swin_tiny_patch4_window7_224.ms_in1k"\n'
        'source_data = "ImageNet-1k"\n'
    )
    assert err == "1 architectures without public weights are left out\n"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--search", "resnt50"), "search: nothing has 'resnt50'; did you mean resnet50?"),
        (("--search", "zzz"), "search: nothing has 'zzz'; leave it out"),
        (("--max-parameters", "30X"), "max-parameters: '30X' is no number; write 500k, 30M"),
        (("--search", "vgg", "--max-parameters", "1k"), "nothing has 'vgg'"),
        (("--search", "resnet50", "--max-parameters", "1k"), "none of "),
        (("--search", "cifar_resnet20", "--toml"), "toml: of these no public weights are known"),
    ],
)
def test_wrong_use(run, given, told):
    refused(run("networks", *given), told)


@pytest.mark.parametrize(
    ("text", "number"), [("30M", 30_000_000), ("1.5b", 1_500_000_000), ("2k", 2000), ("7", 7)]
)
def test_numbers(text, number):
    assert number_of(text) == number
