"""Somebody's own network, a function of parameters and images, as a backbone.

    apply(parameters, x) -> features (b, d), or `Outputs`;   x (b, s, s, 3) already normalised

Parameters are any tree of arrays: those of a Linen module (``apply = module.apply``), of Equinox,
Haiku, or of plain JAX. They become parameters of an NNX module, so the network is run, compiled and
fine-tuned like any other.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from disco_jax.data import Preprocessing

from .backbone import Backbone, Outputs
from .precision import statistic_dtype


class Function(nnx.Module):
    """The function with its parameters."""

    def __init__(self, apply: Callable[[Any, jax.Array], Any], parameters: Any) -> None:
        leaves, self.structure = jax.tree.flatten(parameters)
        self.leaves = nnx.List([nnx.Param(jnp.asarray(leaf)) for leaf in leaves])
        self.apply = apply

    def __call__(self, x: jax.Array) -> Outputs:
        leaves = [leaf[...] for leaf in self.leaves]
        found = self.apply(jax.tree.unflatten(self.structure, leaves), x)
        if isinstance(found, Outputs):
            return found
        features = found.astype(statistic_dtype(found.dtype))
        return Outputs(features, None, features[:, None, None], {})


def of_function(
    name: str,
    apply: Callable[[Any, jax.Array], Any],
    parameters: Any,
    preprocessing: Preprocessing,
    *,
    dtype: Any = jnp.float32,
) -> Backbone:
    """A backbone of a function; boxes have no features where it gives no `Outputs`.

    Args:
        name: What to call it.
        apply: ``apply(parameters, x)``, called under jit.
        parameters: A tree of arrays.
        preprocessing: How pictures become ``x``; see `data.preprocessing.standard`.
        dtype: Of ``x``.
    """
    digest = hashlib.sha256()
    for path, leaf in jax.tree_util.tree_leaves_with_path(parameters):
        digest.update(f"{jax.tree_util.keystr(path)} {leaf.dtype} {leaf.shape}".encode())
        digest.update(np.asarray(leaf).tobytes())
    about = {"architecture": getattr(apply, "__qualname__", type(apply).__name__)}
    module = Function(apply, parameters)
    return Backbone(name, module, preprocessing, digest.hexdigest(), about, jnp.dtype(dtype))
