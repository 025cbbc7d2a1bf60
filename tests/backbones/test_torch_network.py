"""Torch modules as networks, against torch itself; the refusals."""

import sys

import jax.numpy as jnp
import numpy as np
import pytest

import disco_jax
from disco_jax.backbones.backbone import compiled
from disco_jax.backbones.pooling import check_layers
from disco_jax.data.decoding import batches
from disco_jax.data.preprocessing import Preprocessing, normalise
from disco_jax.extraction.network import extract

from ..refusal import refusal

HOW = Preprocessing(8, bgr=True, offset=(1.0, 2.0, 3.0), scale=(0.1, 0.2, 0.3))
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)


def test_torch_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    told = "is not installed; pip install 'disco-jax[torch]'"
    refusal(lambda: disco_jax.of_torch(None, HOW, name="a"), "torch", told, file="a")


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="no torch: make parity")


@pytest.fixture
def layers(torch):
    """Layers that differ in training, and one that writes into its input."""
    torch.manual_seed(0)
    nn = torch.nn
    norm = nn.BatchNorm2d(4)
    norm.running_mean += torch.arange(4)
    return [nn.ReLU(inplace=True), nn.Conv2d(3, 4, 3, stride=2), norm, nn.Dropout(0.5)]


def expected(torch, module):
    """What torch gives for the images, in its own order of axes."""
    x = np.array(normalise(jnp.asarray(IMAGES), HOW))
    with torch.no_grad():
        return module.eval()(torch.tensor(x.transpose(0, 3, 1, 2).copy())).numpy()


def test_features(torch, layers):
    module = torch.nn.Sequential(*layers, torch.nn.Flatten())
    backbone = disco_jax.of_torch(module, HOW, name="mine")
    found = compiled(backbone)(IMAGES)
    np.testing.assert_allclose(found.features, expected(torch, module), rtol=1e-6)
    assert (backbone.name, found.logits, found.cells.shape) == ("mine", None, (3, 1, 1, 36))
    assert backbone.about["engine"] == f"torch {torch.__version__}"
    again = compiled(backbone)(IMAGES)
    np.testing.assert_array_equal(again.features, found.features)
    assert not backbone.module.module.training


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
def test_maps(torch, layers, last):
    class Permuted(torch.nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1)

    module = torch.nn.Sequential(*layers, *[Permuted()] * last)
    found = compiled(disco_jax.of_torch(module, HOW))(IMAGES)
    maps = expected(torch, torch.nn.Sequential(*layers)).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(found.cells, maps, rtol=1e-6)
    np.testing.assert_allclose(found.features, maps.mean((1, 2)), rtol=1e-5, atol=1e-6)


def test_a_head_by_its_name(torch, layers):
    body, head = torch.nn.Sequential(*layers, torch.nn.Flatten()), torch.nn.Linear(36, 5)
    found = compiled(disco_jax.of_torch(torch.nn.Sequential(body, head), HOW, head="1"))(IMAGES)
    np.testing.assert_allclose(found.features, expected(torch, body), rtol=1e-6)
    logits = expected(torch, torch.nn.Sequential(body, head))
    np.testing.assert_allclose(found.logits, logits, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "own"), [("float64", "float64"), ("bfloat16", "bfloat16"), ("float32", "float32")]
)
def test_types(torch, layers, dtype, own):
    module = torch.nn.Sequential(*layers, torch.nn.Flatten())
    plain = expected(torch, module)
    backbone = disco_jax.of_torch(module.to(getattr(torch, dtype)), HOW)
    found = compiled(backbone)(IMAGES).features
    assert backbone.dtype == own
    assert found.dtype == ("float64" if own == "float64" else "float32")
    bound = 0.03 if own == "bfloat16" else 1e-5
    np.testing.assert_allclose(found, plain, atol=bound * np.abs(plain).max())


def test_the_digest_is_of_the_parameters_and_the_layers(torch, layers):
    def digest(*more):
        return disco_jax.of_torch(torch.nn.Sequential(*layers, *more), HOW).digest

    first = digest(torch.nn.ReLU())
    assert digest(torch.nn.ReLU()) == first != digest(torch.nn.SiLU())
    with torch.no_grad():
        layers[1].bias += 1
    assert digest(torch.nn.ReLU()) != first


def test_extraction(torch, layers):
    """Batches that are filled up, and a network without a map of boxes."""
    module = torch.nn.Sequential(*layers, torch.nn.Flatten())
    images = disco_jax.open_images("sk_digits", "test")
    backbone = disco_jax.of_torch(module, HOW)
    found = extract(backbone, images, batch=64).features
    (pictures,) = batches(images, HOW, len(images))
    whole = compiled(backbone)(pictures)
    np.testing.assert_allclose(found.features, whole.features, rtol=1e-5, atol=1e-5)
    assert found.provenance["engine"].startswith("torch ")
    call = lambda: extract(backbone, images, per_box=True)  # noqa: E731
    refusal(call, "boxes", "it gives no map", file="Sequential")
    call = lambda: check_layers(backbone, ["1"])  # noqa: E731
    refusal(call, "layers", "leave them out", file="Sequential")


def returning(torch, value):
    class Returning(torch.nn.Module):
        def forward(self, x):
            return value(x)

    return Returning()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (lambda x: (x, x), "returns tuple for 2 pictures; wrap it in a module"),
        (lambda x: x.flatten(2), "returns a Tensor (2, 3, 64) for 2 pictures"),
        (lambda x: x.flatten(), "returns a Tensor (384,)"),
        (lambda x: x[:1], "returns a Tensor (1, 3, 8, 8)"),
        (lambda x: x.flatten(1).int(), "returns a Tensor (2, 192)"),
        (lambda x: x.reshape(1, 7), "fails on pictures of 8 px (RuntimeError"),
        (lambda x: None, "returns NoneType"),
    ],
    ids=["tuple", "tokens", "one axis", "rows", "integers", "error", "nothing"],
)
def test_what_is_no_network(torch, value, told):
    call = lambda: disco_jax.of_torch(returning(torch, value), HOW, name="a")  # noqa: E731
    refusal(call, "module", told, file="a")


def test_other_refusals(torch, layers):
    refusal(lambda: disco_jax.of_torch(3, HOW), "module", "no torch.nn.Module", file="int")
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 5))
    call = lambda: disco_jax.of_torch(module, HOW, head="2")  # noqa: E731
    refusal(call, "head", "there is no layer '2'", file="Sequential")
    maps = torch.nn.Sequential(*layers)
    call = lambda: disco_jax.of_torch(maps, HOW, head="1")  # noqa: E731
    refusal(call, "head", "returns a Tensor (2, 4, 3, 3), no logits", file="Sequential")
    idle = torch.nn.Sequential(torch.nn.Flatten())
    idle.idle = torch.nn.Linear(3, 3)
    idle.forward = lambda x: x.flatten(1)
    call = lambda: disco_jax.of_torch(idle, HOW, head="idle")  # noqa: E731
    refusal(call, "head", "'idle' is not run", file="Sequential")
