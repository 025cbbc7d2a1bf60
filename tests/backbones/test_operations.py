"""What is written otherwise for a processor is what it stands for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtr, softmax

from disco_jax.backbones.compiling import LIBRARY, SUMS, compiler_options
from disco_jax.backbones.convolution import relu_sum
from disco_jax.backbones.families import attention
from disco_jax.backbones.families.attention import ACTIVATIONS, attended

DTYPES = {"bfloat16": 2e-2, "float32": 1e-6, "float64": 1e-14}


def drawn(*shape, dtype, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape) * 2, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_relu_of_a_sum(dtype):
    x, y = drawn(50, 20, dtype=dtype), drawn(50, 20, dtype=dtype, seed=1)
    y = jnp.where(x == -y, 1, y)  # where it is 0 there are two slopes
    np.testing.assert_array_equal(relu_sum(x, y), jax.nn.relu(x + y))
    for argument in (0, 1):
        found = jax.grad(lambda *both: jnp.sum(relu_sum(*both)), argument)(x, y)
        np.testing.assert_array_equal(found, (x + y > 0).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu(dtype):
    x = jnp.linspace(-8, 8, 401).astype(dtype)
    exact = np.asarray(x, np.float64) * ndtr(np.asarray(x, np.float64))
    found = ACTIVATIONS["gelu"](x)
    assert found.dtype == x.dtype
    np.testing.assert_allclose(np.asarray(found, np.float64), exact, atol=DTYPES[dtype], rtol=1e-2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2,), (3, 4), ()])
@pytest.mark.parametrize("biased", [False, True])
def test_attention(dtype, shape, biased, monkeypatch):
    q, k, v = (drawn(*shape, t, 3, 5, dtype=dtype, seed=t) for t in (7, 11, 11))
    bias = 3 * drawn(*shape, 3, 7, 11, dtype=dtype) if biased else None
    found = attended(q, k, v, bias)
    wide = [np.moveaxis(np.asarray(each, np.float64), -2, -3) for each in (q, k, v)]
    likeness = wide[0] @ np.swapaxes(wide[1], -1, -2) / np.sqrt(5)
    likeness = likeness + (np.asarray(bias, np.float64) if biased else 0)
    exact = np.moveaxis(softmax(likeness, -1) @ wide[2], -3, -2).reshape(*shape, 7, 15)
    assert found.dtype == q.dtype
    np.testing.assert_allclose(np.asarray(found, np.float64), exact, atol=10 * DTYPES[dtype])
    monkeypatch.setitem(attention.LIKENESS, "cpu", 4 * 7 * 11 * 4)  # four heads at a time
    np.testing.assert_allclose(attended(q, k, v, bias), found, atol=10 * DTYPES[dtype])


@pytest.mark.parametrize("fusions", ["", SUMS])
def test_a_processor_takes_the_options(fusions):
    options = compiler_options(fusions)
    assert options == ({LIBRARY: fusions} if jax.default_backend() == "cpu" else None)
    x = drawn(4, 9, 9, 3, dtype="float32")

    def program(x):
        y = jax.lax.conv(x, jnp.ones((4, 9, 3, 3), x.dtype), (1, 1), "SAME")
        return jnp.mean(jnp.exp(y / 100), (1, 2))

    found = jax.jit(program, compiler_options=options)(x)
    np.testing.assert_allclose(found, jax.jit(program)(x), rtol=1e-5)
