"""Networks of timm and torchvision by name, with random weights, against the libraries."""

import re
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from disco_jax.backbones.backbone import compiled
from disco_jax.backbones.family import of_imagenet
from disco_jax.backbones.torch_libraries import of_library
from disco_jax.data.preprocessing import normalise

from ..refusal import refusal

pytestmark = pytest.mark.filterwarnings("default")  # other people's
FIXED = "deit_tiny_patch16_224"  # takes pictures of its own size only
WHERE = "hub.toml: model 1 (a)"
LARGE = np.random.default_rng(0).integers(0, 256, (2, 160, 160, 3), np.uint8)
BYTES = LARGE[:, :64, :64]


def opened(library, named, weights="", **options):
    told = {"name": "a", "where": WHERE, "offline": True}
    return of_library(library, named, str(weights), **told, **options)


def small(how):
    return how._replace(size=64, shorter=None)


@pytest.mark.parametrize("library", ["timm", "torchvision"])
def test_a_library_is_not_installed(monkeypatch, library):
    pytest.importorskip("torch", reason="no torch: make parity")
    monkeypatch.setitem(sys.modules, library, None)
    told = "is not installed; pip install 'disco-jax[torch]'"
    refusal(lambda: opened(library, "resnet18"), library, told, file=WHERE)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="no torch: make parity")


@pytest.fixture
def models(torch):
    """`models(library, name)` -> a network of random weights and statistics, for inference."""
    from disco_jax.backbones.torch_libraries import _import_torchvision

    torchvision = _import_torchvision("test")
    timm = pytest.importorskip("timm")

    def build(library, name, **options):
        torch.manual_seed(0)
        make = timm.create_model if library == "timm" else torchvision.models.get_model
        model = make(name, **options).eval()
        for key, value in model.state_dict().items():
            if key.endswith(("running_mean", "running_var")):
                value.uniform_(0.5, 1.5)
        return model

    return build


def saved(torch, model, path):
    torch.save(model.state_dict(), path)
    return path


def inputs(torch, backbone, images):
    x = np.array(normalise(jnp.asarray(images), backbone.preprocessing))
    return torch.tensor(x.transpose(0, 3, 1, 2).copy())


@pytest.mark.parametrize("name", ["test_resnet", "test_vit"])
def test_timm(torch, models, tmp_path, name):
    model = models("timm", name)
    backbone = opened("timm", name, saved(torch, model, tmp_path / "a.pth"))
    x = inputs(torch, backbone, LARGE)
    with torch.no_grad():
        last = model.forward_features(x)
        features, logits = model.forward_head(last, pre_logits=True), model(x)
    found = compiled(backbone)(LARGE)
    for ours, theirs in ((found.features, features), (found.logits, logits)):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-4, atol=1e-5)
    assert found.cells.shape[1] == found.cells.shape[2] > 1 and backbone.module.has_map
    assert backbone.about["architecture"] == name
    assert backbone.about["library"].startswith("timm ")


@pytest.mark.parametrize(
    ("name", "head"),
    [("mobilenet_v3_small", "classifier.3"), ("squeezenet1_1", "classifier.1")],
)
def test_torchvision(torch, models, tmp_path, name, head):
    model = models("torchvision", name, weights=None, num_classes=7)
    backbone = opened("torchvision", name, saved(torch, model, tmp_path / "a.pth"), change=small)
    seen = []
    model.get_submodule(head).register_forward_hook(lambda _, given, result: seen.append(given[0]))
    with torch.no_grad():
        logits = model(inputs(torch, backbone, BYTES))
    features = seen[0].mean((2, 3)) if seen[0].ndim == 4 else seen[0]
    found = compiled(backbone)(BYTES)
    assert found.logits.shape == (2, 7)
    np.testing.assert_allclose(found.features, features.numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.logits, logits.numpy(), rtol=1e-4, atol=1e-5)


def test_preprocessing(torch, models, tmp_path):
    path = saved(torch, models("torchvision", "resnet18", weights=None), tmp_path / "a.pth")
    for named, shorter in (("resnet18", 256), ("resnet18.IMAGENET1K_V1", 256)):
        assert opened("torchvision", named, path).preprocessing == of_imagenet(224, shorter)
    path = saved(torch, models("timm", "test_resnet"), tmp_path / "b.pth")
    how = opened("timm", "test_resnet.r160_in1k", path).preprocessing
    assert (how.size, how.shorter, how.interpolation) == (160, int(160 / 0.95), "bilinear")
    np.testing.assert_allclose(how.offset, [127.5] * 3)


def test_as_many_classes_as_the_file(torch, models, tmp_path):
    for classes in (0, 7):
        model = models("timm", "test_resnet", num_classes=classes)
        backbone = opened("timm", "test_resnet", saved(torch, model, tmp_path / "a.pth"))
        logits = compiled(backbone)(LARGE).logits
        assert (logits is None) if not classes else logits.shape == (2, 7)


def test_bfloat16(torch, models, tmp_path):
    path = saved(torch, models("timm", "test_resnet"), tmp_path / "a.pth")
    narrow, plain = (opened("timm", "test_resnet", path, dtype=d) for d in ("bfloat16", "float32"))
    assert narrow.dtype == "bfloat16"
    narrow, plain = (np.asarray(compiled(each)(LARGE).features) for each in (narrow, plain))
    np.testing.assert_allclose(narrow, plain, atol=0.05 * np.abs(plain).max())


@pytest.mark.parametrize(
    ("library", "named", "told"),
    [
        ("timm", "resnet81", "'resnet81' is unknown; did you mean resnet18"),
        ("timm", "resnet18.a1_in2k", "did you mean resnet18.a1_in1k or"),
        ("timm", "hf-hub:timm/resnet18", "is unknown"),
        ("torchvision", "resnet51", "did you mean resnet50"),
        ("torchvision", "resnet18.IMAGENET1K_V2", "did you mean resnet18.IMAGENET1K_V1?"),
        ("torchvision", "fasterrcnn_resnet50_fpn", "is unknown"),
    ],
)
def test_unknown_names(models, library, named, told):
    refusal(lambda: opened(library, named), library, told, file=WHERE)


def test_no_weights_at_hand(models, monkeypatch, tmp_path):
    monkeypatch.setenv("DISCO_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    told = "no weights of test_resnet (", 'give weights = "FILE"'
    refusal(lambda: opened("timm", "test_resnet"), "timm", *told, file=WHERE)
    told = "resnet18-f37072fd.pth: weights: not in "
    with pytest.raises(ValueError, match=re.escape(told)):
        opened("torchvision", "resnet18")


def test_weights_that_timm_has_fetched(torch, models, monkeypatch, tmp_path):
    from safetensors.torch import save_file

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    home, commit = tmp_path / "models--timm--test_resnet.r160_in1k", "5" * 40
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(commit)
    (home / "snapshots" / commit).mkdir(parents=True)
    model = models("timm", "test_resnet")
    save_file(model.state_dict(), home / "snapshots" / commit / "model.safetensors")
    found = opened("timm", "test_resnet").module.module.state_dict()
    assert torch.equal(found["bn1.running_mean"], model.state_dict()["bn1.running_mean"])


def test_names_of_older_files(torch, models, tmp_path):
    state = models("torchvision", "densenet121", weights=None).state_dict()
    dots = r"(layer\d+\.)(norm|conv)([12])\.", r"\1\2.\3."
    older = {re.sub(*dots, f"module.{name}"): tensor for name, tensor in state.items()}
    assert "module.features.denseblock1.denselayer1.norm.1.weight" in older
    torch.save(older, tmp_path / "a.pth")
    found = opened("torchvision", "densenet121", tmp_path / "a.pth", change=small)
    name = "features.denseblock1.denselayer1.norm1.running_mean"
    assert torch.equal(found.module.module.state_dict()[name], state[name])


def test_weights_that_torch_has_fetched(torch, models, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    home = tmp_path / "hub" / "checkpoints"
    home.mkdir(parents=True)
    model = models("torchvision", "resnet18", weights=None)
    saved(torch, model, home / "resnet18-f37072fd.pth")
    found = opened("torchvision", "resnet18").module.module.state_dict()
    assert torch.equal(found["bn1.running_mean"], model.state_dict()["bn1.running_mean"])


def test_wrong_weights(torch, models, tmp_path):
    path = saved(torch, models("torchvision", "squeezenet1_1", weights=None), tmp_path / "a.pth")
    for library, named in (("timm", "test_resnet"), ("torchvision", "resnet18")):
        told = f"{path} is no {named}: ", "missing", "more; name the network"
        refusal(lambda n=(library, named): opened(*n, path), "weights", *told, file=WHERE)
    wide = models("timm", "test_resnet").state_dict()
    wide["bn1.weight"] = torch.ones(3)
    torch.save(wide, path)
    told = "bn1.weight is (3,), not ("
    refusal(lambda: opened("timm", "test_resnet", path), "weights", told, file=WHERE)


def test_a_size_that_the_network_does_not_take(torch, models, tmp_path):
    path = saved(torch, models("timm", FIXED), tmp_path / "a.pth")
    call = lambda: opened("timm", FIXED, path, change=small)  # noqa: E731
    refusal(call, "module", "fails on pictures of 64 px", file=WHERE)
