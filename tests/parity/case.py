"""A network as its library has it: what to build, what its features are, how it is stored.

The tables of cases import neither torch nor any library; builders do when they are called. Where
torch is, `test_parity` compares all of them; elsewhere `test_golden` compares some with what torch
gave, from files that `python -m tests.parity.golden` writes.
"""

import math
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

DTYPES = {"float64": 1e-10, "float32": 1e-5}  # what may be missed, of the largest feature


class Case(NamedTuple):
    name: str
    build: Callable[[], Any]  # -> torch module
    outputs: Callable[[Any, Any], tuple[Any, Any]]  # module, input -> features, logits or None
    architecture: str = ""  # where no config.json says it
    size: int = 64  # pixels
    layout: str = "safetensors"  # pth, legacy, or folder with a config.json
    golden: bool = False  # compared without torch too


def value(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A parameter by its name alone; statistics and scales are random too."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
        drawn = rng.uniform(0.5, 1.5, shape)
    elif name.endswith("weight") and len(shape) > 1:
        drawn = rng.standard_normal(shape) / np.sqrt(math.prod(shape[1:]))
    else:
        drawn = rng.standard_normal(shape) * 0.1
    return np.asarray(drawn, np.float32)


def pictures(size: int) -> np.ndarray:
    """Input (2, size, size, 3), normalised."""
    return np.random.default_rng(size).standard_normal((2, size, size, 3)).astype(np.float32)


def agrees(backbone: Any, x: np.ndarray, expected: tuple, bound: float) -> None:
    """Features and logits of a backbone are those expected, but for a part of the largest."""
    definition, state = nnx.split(backbone.module)  # constants would be folded, at length
    run = jax.jit(lambda state, x: nnx.merge(definition, state)(x)[:3])
    features, logits, cells = run(state, jnp.asarray(x, backbone.dtype))
    assert features.dtype == backbone.dtype and np.all(np.isfinite(cells))
    assert (logits is None) == (expected[1] is None)
    for found, wanted in zip((features, logits), expected, strict=True):
        if wanted is not None:
            assert found.shape == wanted.shape and np.ptp(wanted) > 0
            assert np.max(np.abs(np.asarray(found) - wanted)) <= bound * np.max(np.abs(wanted))
