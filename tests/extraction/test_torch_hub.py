"""A hub of three kinds: a Flax architecture, a graph, and networks that torch runs."""

import json
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from disco_jax.demo import FOLDER
from disco_jax.hubs.listing import read_hub

from ..command_line import refused
from ..data.pictures import save_pack
from ..parity import table
from ..parity.golden import restored

pytestmark = pytest.mark.filterwarnings("default")  # other people's


def listed(home, *entries):
    path = home / "hub.toml"
    path.write_text("".join(f"[[models]]\n{entry}\n" for entry in entries))
    return path


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('timm = "a"\ntorchvision = "b"', "torchvision: there is timm already; leave one"),
        ('timm = "a"\narchitecture = "b"', "architecture: there is timm already"),
        ("timm = 3", "timm: no text"),
        ('timn = "a"', "key 'timn': unknown; did you mean timm?"),
        ('timm = "a"\nweights = "none.pth"', "weights: there is no "),
    ],
)
def test_what_is_no_entry(tmp_path, entry, told):
    with pytest.raises(ValueError) as why:
        read_hub(listed(tmp_path, f'name = "a"\n{entry}'))
    assert told in str(why.value) and "hub.toml: model 1" in str(why.value)


def test_an_entry_of_a_library(tmp_path):
    (model,) = read_hub(listed(tmp_path, 'name = "a"\ntimm = "resnet18.a1_in1k"'))
    assert (model.library, model.architecture, model.weights) == ("timm", "resnet18.a1_in1k", "")


@pytest.mark.parametrize("library", ["timm", "torchvision"])
def test_torch_is_not_installed(run, tmp_path, monkeypatch, library):
    monkeypatch.setitem(sys.modules, "torch", None)
    path = listed(tmp_path, f'name = "a"\n{library} = "resnet18"')
    found = run("rank", "--hub", path, "--data", save_pack(tmp_path / "pack.npz"))
    told = "hub.toml: model 1 (a): torch: is not installed; pip install 'disco-jax[torch]'"
    refused(found, told)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="no torch: make parity")


@pytest.fixture
def hub(torch, tmp_path):
    """The three kinds, by local files of random weights."""
    from disco_jax.backbones.torch_libraries import _import_torchvision

    torchvision, timm = _import_torchvision("test"), pytest.importorskip("timm")
    torch.manual_seed(0)
    model = timm.create_model("test_resnet", num_classes=5)
    save_file({n: t.numpy() for n, t in model.state_dict().items()}, tmp_path / "t.safetensors")
    model = torchvision.models.get_model("squeezenet1_1", weights=None)
    torch.save(model.state_dict(), tmp_path / "tv.pth")
    case = table.CASES["resnet_cifar/cifar_resnet20"]
    (tmp_path / "flax").mkdir()
    restored("resnet_cifar", case, tmp_path / "flax")
    save_pack(tmp_path / "pack.npz", 20)
    return listed(
        tmp_path,
        'name = "flax"\nweights = "flax"\narchitecture = "cifar_resnet20"',
        f'name = "graph"\nweights = "{FOLDER}/nets/digits_small.npz"',
        'name = "timm"\ntimm = "test_resnet"\nweights = "t.safetensors"\n'
        "preprocess = {size = 96, crop = false}",
        'name = "torchvision"\ntorchvision = "squeezenet1_1"\nweights = "tv.pth"',
    )


def test_rank(run, torch, hub, tmp_path):
    page, out = tmp_path / "page.html", tmp_path / "out"
    given = "rank", "--hub", hub, "--data", tmp_path / "pack.npz", "--out", out
    given = *given, "--metrics", "knn"
    code, text, err = run(*given, "--report", page, "--format", "json")
    assert code == 0, err
    found = json.loads(text)
    assert set(found["scores"]) == {"flax", "graph", "timm", "torchvision"}
    assert all(np.isfinite(list(row.values())).all() for row in found["scores"].values())
    told = {model: row["provenance"] for model, row in found["models"].items()}
    torchs = f"torch {torch.__version__}"
    assert [row["engine"] for row in told.values()] == ["flax", "flax", torchs, torchs]
    assert told["timm"]["library"].startswith("timm ")
    assert told["timm"]["architecture"] == "test_resnet"
    assert told["timm"]["preprocessing"].startswith("96 px bilinear, antialiased, whole picture")
    assert torchs in page.read_text()
    code, again, err = run(*given)  # from the files
    assert code == 0, err
    assert f"run by {torchs}: timm, torchvision" in again


def test_boxes(run, hub, tmp_path):
    boxes = np.array([[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0, 0, 1, 1]] * 4, np.float32)
    fields = {"boxes": boxes, "box_image": np.arange(12) % 6, "box_label": np.arange(12) % 2}
    pack = save_pack(tmp_path / "boxes.npz", 6, **fields)
    given = "rank", "--data", pack, "--task", "detection", "--metrics", "knn", "--hub"
    entry = 'name = "a"\ntimm = "test_resnet"\nweights = "t.safetensors"'
    code, _, err = run(*given, listed(hub.parent, entry))
    assert code == 0, err
    entry = 'name = "a"\ntorchvision = "squeezenet1_1"\nweights = "tv.pth"'
    code, _, err = run(*given, listed(hub.parent, entry))
    assert code == 0, err


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('timm = "tset_resnet"', "model 1 (a): timm: 'tset_resnet' is unknown; did you mean test_"),
        ('torchvision = "resnet18"\nweights = "tv.pth"', "tv.pth is no resnet18: "),
        ('timm = "test_resnet"\nweights = "pack.npz"', "'.npz' is no format of weights"),
        (
            'timm = "deit_tiny_patch16_224"\nweights = "v.pth"\npreprocess = {size = 64}',
            "model 1 (a): module: fails on pictures of 64 px",
        ),
    ],
)
def test_one_line_errors(run, torch, hub, tmp_path, entry, told):
    import timm

    torch.save(timm.create_model("deit_tiny_patch16_224").state_dict(), tmp_path / "v.pth")
    path = listed(tmp_path, f'name = "a"\n{entry}')
    refused(run("rank", "--hub", path, "--data", tmp_path / "pack.npz"), told)
