"""Exported programs: written to bytes, read back and called, they give what the kernel gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import ShapeDtypeStruct as Shape
from jax import export

import disco_kernels as dk
from disco_kernels._serialization import RESULTS

from .table import identical
from .test_lowering import problem

WITH_FLOAT64 = ["cpu", "cuda"]  # in one artefact; a TPU needs its own, which the last test shows
RNG = np.random.default_rng(0)
N, D, CLASSES = 48, 20, 3
X = RNG.normal(size=(N, D)).astype(np.float32)
LABELS = np.arange(N, dtype=np.int32) % CLASSES
BOXES, LOGITS = RNG.random((N, 4), np.float32), RNG.normal(size=(N, 6)).astype(np.float32)
OF_CLASSES = {"num_classes": CLASSES}
MAKES = {  # every type of result, by a kernel that returns it
    "DetectionTerms": lambda x: dk.disco_detection(x, LABELS, BOXES, **OF_CLASSES),
    "Disco": lambda x: dk.disco(x, LABELS, components=8, **OF_CLASSES),
    "Etran": lambda x: dk.etran(x, LABELS, LOGITS, **OF_CLASSES),
    "Gbc": lambda x: dk.gbc(x, LABELS, **OF_CLASSES),
    "LeftOut": lambda x: dk.knn_left_out(x, LABELS, **OF_CLASSES),
    "Moments": lambda x: dk.moments(x, LABELS, **OF_CLASSES),
    "Ncti": lambda x: dk.ncti(dk.spectrum(x), LABELS, **OF_CLASSES),
    "Nleep": lambda x: dk.nleep(dk.spectrum(x), LABELS, **OF_CLASSES),
    "PactranGauss": lambda x: dk.pactran_gauss(dk.spectrum(x), LABELS, **OF_CLASSES),
    "RobustDirection": lambda x: dk.robust_direction(x.T @ x, x[0], epsilon=0.2),
    "Spectrum": lambda x: dk.spectrum(x, components=8),
    "Tmi": lambda x: dk.tmi(x, LABELS, **OF_CLASSES),
}


@pytest.fixture(autouse=True)
def as_a_user_runs_it():
    with jax.enable_x64(False):
        yield


def read_back(exported):
    return export.deserialize(bytearray(exported.serialize()))


def test_every_type_of_result_is_registered():
    types = {name for name in dk.__all__ if isinstance(getattr(dk, name), type)}
    assert {result.__name__ for result in RESULTS} == types == MAKES.keys()


@pytest.mark.parametrize("name", MAKES)
def test_what_is_read_back_gives_the_same(name):
    function = jax.jit(MAKES[name])
    program = read_back(export.export(function, platforms=WITH_FLOAT64)(X))
    assert program.platforms == tuple(WITH_FLOAT64)
    found, direct = program.call(X), function(X)
    assert type(found) is type(direct) is getattr(dk, name)
    identical(jax.tree.leaves(found), jax.tree.leaves(direct))


@pytest.mark.parametrize("platforms", [WITH_FLOAT64, ["tpu"]], ids="-".join)
@pytest.mark.parametrize("name", ["disco", "disco_regression", "disco_detection", "spectrum"])
def test_the_size_of_a_real_network_can_be_written(name, platforms):
    function, arrays = problem(name)
    exported = export.export(jax.jit(function), platforms=platforms)(*arrays)
    assert ("f64" in exported.mlir_module()) == (platforms == WITH_FLOAT64)
    program, results = read_back(exported), jax.eval_shape(function, *arrays)
    assert program.platforms == tuple(platforms)
    assert [(x.shape, x.dtype) for x in program.out_avals] == [
        (x.shape, x.dtype) for x in jax.tree.leaves(results)
    ]


def test_any_number_of_models():
    def of_models(hub, labels):
        return jax.vmap(lambda x: dk.disco(x, labels, components=8, **OF_CLASSES))(hub)

    hub = np.stack([X, X[:, ::-1], np.tanh(X)])
    some = Shape(export.symbolic_shape("models, 48, 20"), jnp.float32)
    program = read_back(export.export(jax.jit(of_models))(some, LABELS))
    for models in (1, 3):
        identical(program.call(hub[:models], LABELS), jax.jit(of_models)(hub[:models], LABELS))


@pytest.mark.parametrize("shape", ["n, 20", "48, d"])
def test_samples_and_columns_are_not_symbolic(shape):
    """They choose the solver; `where` and `width` stand for them."""
    some = Shape(export.symbolic_shape(shape), jnp.float32)
    with pytest.raises(Exception, match="inconclusive"):
        export.export(jax.jit(lambda x: dk.spectrum(x, components=8)))(some)


def test_without_float64_one_artefact_serves_a_tpu_too(monkeypatch):
    monkeypatch.setenv("DISCO_FLOAT64", "off")
    jax.clear_caches()  # the kernels ask while they are traced
    platforms = [*WITH_FLOAT64, "tpu"]
    function = jax.jit(MAKES["Spectrum"])
    exported = export.export(function, platforms=platforms)(X)
    assert "f64" not in exported.mlir_module()
    identical(read_back(exported).call(X), function(X))
    monkeypatch.undo()
    jax.clear_caches()
