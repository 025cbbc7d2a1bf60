"""Features of layers by name against NumPy."""

import jax.numpy as jnp
import numpy as np

from disco_jax.backbones.backbone import Outputs
from disco_jax.backbones.pooling import pooled

RNG = np.random.default_rng(0)
MAP, TOKENS = RNG.normal(size=(2, 3, 4, 5)), RNG.normal(size=(2, 6, 5))


def test_every_way():
    layers = {"m": jnp.asarray(MAP), "t": jnp.asarray(TOKENS)}
    zero = jnp.zeros((2, 5))
    asked = ["m", "m:mean", "m:map", "t", "t:mean", "t:token", "t:map"]
    found = pooled(Outputs(zero, None, zero[:, None, None], layers), asked)
    expected = {
        "m": MAP.mean((1, 2)),
        "m-mean": MAP.mean((1, 2)),
        "m-map": MAP.reshape(2, -1),
        "t": TOKENS[:, 0],
        "t-mean": TOKENS.mean(1),
        "t-token": TOKENS[:, 0],
        "t-map": TOKENS.reshape(2, -1),
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-12)
