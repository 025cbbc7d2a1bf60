"""Models of a hub whose entries say how pictures are prepared."""

import json

import pytest

from disco_jax.backbones.loading import load_backbone
from disco_jax.extraction.opening import opened
from disco_jax.hubs.listing import read_hub

from ..backbones.graphs import drawn, save
from ..command_line import refused
from ..data.pictures import save_pack
from ..parity import table
from ..parity.golden import restored

SIZE = 13


@pytest.fixture
def hub(tmp_path):
    """`hub(entry, ...)` -> a file that lists models `a`, `b`, ... of one graph by these entries."""
    save(tmp_path / "net.npz", *drawn(3), size=SIZE)

    def write(*entries):
        lines = [f'[[models]]\nname = "{n}"\n{e}\n' for n, e in zip("abc", entries, strict=False)]
        (tmp_path / "hub.toml").write_text("".join(lines))
        return tmp_path / "hub.toml"

    return write


def test_an_entry_changes_what_it_names(hub):
    net = 'weights = "net.npz"\n'
    simclr = "preprocess = {size = 9, mean = 0, deviation = 1}"
    plain, changed = map(opened, read_hub(hub(net, net + simclr)))
    own = load_backbone(hub().parent / "net.npz").preprocessing
    assert plain.preprocessing == own
    expected = own._replace(size=9, offset=(0.0, 0.0, 0.0), scale=(1 / 255,) * 3)
    assert changed.preprocessing == expected


def test_facts_go_with_the_features(hub):
    entry = 'weights = "net.npz"\nlicence = "MIT"\nsource_data = "pictures"'
    about = opened(*read_hub(hub(entry))).about
    assert (about["licence"], about["source_data"]) == ("MIT", "pictures")
    assert about["architecture"] == "graph"


def test_features_depend_on_it(run, hub, tmp_path):
    net = 'weights = "net.npz"\n'
    listed = hub(net, net + "preprocess = {bgr = false}", net + "preprocess = {size = 9}")
    pack = save_pack(tmp_path / "pack.npz", 20)
    given = "--hub", listed, "--data", pack, "--metrics", "stable_rank", "--format", "json"
    code, out, err = run("rank", *given)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert len({row["stable_rank"] for row in found["scores"].values()}) == 3
    told = {model: row["provenance"]["preprocessing"] for model, row in found["models"].items()}
    assert "BGR" in told["a"] and "RGB" in told["b"] and told["c"].startswith("9 px")


@pytest.mark.parametrize("key", ["other = 1", "preprocess = {sise = 3}"])
def test_every_key_is_looked_at_before_any_file(run, hub, key):
    listed = hub('weights = "none.npz"', f'weights = "net.npz"\n{key}')
    found = run("rank", "--hub", listed, "--data", "sk_digits")
    refused(found, "hub.toml: model 2", "unknown")


def test_what_an_entry_cannot_change(run, hub, tmp_path):
    (tmp_path / "vit").mkdir()
    case = table.CASES["vit/hf-ViTForImageClassification"]
    restored("vit", case, tmp_path / "vit")
    listed = hub('weights = "net.npz"', 'weights = "vit"\npreprocess = {size = 3, crop = false}')
    found = run("rank", "--hub", listed, "--data", "sk_digits")
    refused(found, "hub.toml: model 2 (b): preprocess: size: the network does not take 3 px")
    listed = hub('weights = "net.npz"\npreprocess = {resize = 12}')
    told = "model 1 (a): preprocess: resize: 13 px cannot be cut out of 12 px"
    refused(run("rank", "--hub", listed, "--data", "sk_digits"), told)
