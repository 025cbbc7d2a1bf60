"""What every family of networks gives, and running it: bytes in, features out.

    images uint8 (b, s, s, 3) --normalise--> module --> Outputs

The module's parameters are split off once and passed to a plain jitted function, which `nnx.jit`
would do in every call. What the caller does not return is never computed. A network that is no NNX
module, since torch runs it, is called as it is between two compiled programs.
Batches of one size compile once; a short one is filled up and cut (`padded`).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from disco_jax.data import Preprocessing, normalise

from .compiling import compiler_options
from .precision import statistic_dtype


class Outputs(NamedTuple):
    """Of a batch; float32 or wider."""

    features: jax.Array  # (b, d), pooled
    logits: jax.Array | None  # (b, z), None without a head
    cells: jax.Array  # (b, h, w, d), the last feature map
    layers: dict[str, jax.Array]  # by name: maps (b, h, w, c), tokens (b, t, c)


class Backbone(NamedTuple):
    """A network ready to run, and what its features depend on."""

    name: str
    module: Any  # input (b, s, s, 3) -> Outputs; an NNX module, or a `torch_network`
    preprocessing: Preprocessing
    digest: str  # sha256 of the weights file
    about: Mapping[str, str]  # architecture, source data, licence, origin
    dtype: Any


def compiled(
    backbone: Backbone, after: Callable[..., Any] = lambda outputs: outputs
) -> Callable[..., Any]:
    """``after(outputs, *more)`` of images and more arrays, as one compiled program."""
    how, dtype = backbone.preprocessing, backbone.dtype
    if not isinstance(backbone.module, nnx.Module):
        before, behind = jax.jit(lambda images: normalise(images, how, dtype)), jax.jit(after)
        return lambda images, *more: behind(backbone.module(before(images)), *more)
    definition, state = nnx.split(backbone.module)
    fusions = getattr(backbone.module, "fusions", "")

    @partial(jax.jit, compiler_options=compiler_options(fusions))
    def run(state: nnx.State, images: jax.Array, *more: jax.Array) -> Any:
        module: Any = nnx.merge(definition, state)
        with jax.default_matmul_precision("highest"):  # an accelerator's default has three digits
            return after(module(normalise(images, how, dtype)), *more)

    return lambda images, *more: run(state, images, *more)


def of_map(
    cells: jax.Array, head: Callable[[jax.Array], jax.Array] | None, layers: dict[str, jax.Array]
) -> Outputs:
    """Outputs of a network whose features are the mean of its last map over all positions."""
    wide = statistic_dtype(cells.dtype)
    features = jnp.mean(cells, (1, 2), dtype=wide)
    logits = None if head is None else head(features.astype(cells.dtype)).astype(wide)
    return Outputs(features, logits, cells.astype(wide), layers)


def padded(rows: np.ndarray, size: int) -> np.ndarray:
    """Rows filled up to ``size`` with zeros."""
    if len(rows) == size:
        return rows
    return np.concatenate([rows, np.zeros((size - len(rows), *rows.shape[1:]), rows.dtype)])
