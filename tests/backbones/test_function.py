"""Networks that are functions: a Linen module, plain arrays, and one that gives all outputs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx

from disco_jax.backbones.backbone import Outputs, compiled
from disco_jax.backbones.function import of_function
from disco_jax.data.preprocessing import Preprocessing, normalise

HOW = Preprocessing(8, offset=(1.0, 2.0, 3.0), scale=(0.1, 0.2, 0.3))
IMAGES = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)


class Small(linen.Module):
    @linen.compact
    def __call__(self, x):
        x = linen.relu(linen.Conv(4, (3, 3), dtype=jnp.float32)(x))
        return jnp.mean(x, (1, 2))


@pytest.fixture(scope="module")
def small():
    model = Small()
    return model, model.init(jax.random.key(0), jnp.zeros((1, 8, 8, 3), jnp.float32))


def test_a_linen_module(small):
    model, parameters = small
    found = compiled(of_function("mine", model.apply, parameters, HOW))(IMAGES)
    expected = model.apply(parameters, normalise(jnp.asarray(IMAGES), HOW))
    np.testing.assert_allclose(found.features, expected, rtol=1e-5)
    assert found.logits is None and found.cells.shape == (2, 1, 1, 4)


def test_the_digest_is_of_the_parameters(small):
    model, parameters = small
    digests = [of_function("a", model.apply, parameters, HOW).digest for _ in range(2)]
    other = jax.tree.map(lambda leaf: leaf + 1, parameters)
    assert digests[0] == digests[1] != of_function("a", model.apply, other, HOW).digest


def test_all_outputs_and_gradients():
    def apply(w, x):
        y = x * w[None, None, None]
        return Outputs(jnp.mean(y, (1, 2)), None, y, {"y": y})

    backbone = of_function("plain", apply, jnp.arange(3, dtype=jnp.float32), HOW)
    found = compiled(backbone)(IMAGES)
    assert found.layers["y"].shape == found.cells.shape == (2, 8, 8, 3)

    def loss(module):
        return jnp.sum(module(jnp.ones((1, 8, 8, 3), jnp.float32)).features)

    gradient = nnx.grad(loss)(backbone.module)
    np.testing.assert_allclose(gradient["leaves"][0][...], np.ones(3))
