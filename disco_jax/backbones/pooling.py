"""Features of any layer of a network, by name and how its positions become one row.

    NAME         the mean over all positions of a map (b, h, w, c); the first token of (b, t, c)
    NAME:mean    the mean over all positions, or over all tokens
    NAME:token   the first token, which is the class token where a network has one
    NAME:map     all positions side by side, (b, h w c) or (b, t c)

Several of a network are several layers of one feature set, under NAME or NAME-HOW.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.errors import InputError

from .backbone import Backbone, Outputs
from .precision import statistic_dtype

WAYS = ("mean", "token", "map")


def pooled(outputs: Outputs, layers: Sequence[str]) -> dict[str, jax.Array]:
    """Features (b, d) of each layer."""
    names = layer_names(layers)
    return {n: _pooled(outputs, *_parts(layer)) for n, layer in zip(names, layers, strict=True)}


def layer_names(layers: Sequence[str]) -> list[str]:
    """What layers are called among the features."""
    return [layer.replace(":", "-") for layer in layers]


def check_layers(backbone: Backbone, layers: Sequence[str]) -> None:
    """Refuse layers that the network does not have.

    Raises:
        ValueError: One line that names the network, the layer and those there are.
    """
    size, module = backbone.preprocessing.size, backbone.module
    if layers and not isinstance(module, nnx.Module):
        problem = "those of a network that torch runs are not known"
        raise InputError(backbone.name, "layers", problem, "leave them out")
    if not layers:
        return
    x = jax.ShapeDtypeStruct((1, size, size, 3), backbone.dtype)
    known = jax.eval_shape(lambda x: _run(module, x).layers, x)
    for layer in layers:
        name, how = _parts(layer)
        if name not in known:
            some = ", ".join(known) if len(known) < 20 else ", ".join([*list(known)[:20], "..."])
            problem = f"{name!r} is unknown; there are {some}"
            raise ValueError(f"{backbone.name}: layers: {problem}")
        if how not in ("", *WAYS) or (how == "token" and len(known[name].shape) != 3):
            ways = ", ".join(way for way in WAYS if way != "token" or len(known[name].shape) == 3)
            raise InputError(backbone.name, "layers", f"{layer!r} has no {how!r}", f"choose {ways}")


def _run(module: Any, x: jax.Array) -> Outputs:
    outputs: Outputs = module(x)
    return outputs


def _parts(layer: str) -> tuple[str, str]:
    name, _, how = layer.partition(":")
    return name, how


def _pooled(outputs: Outputs, name: str, how: str) -> jax.Array:
    values = outputs.layers[name].astype(statistic_dtype(outputs.layers[name].dtype))
    if how == "map":
        return values.reshape(values.shape[0], -1)
    if how == "token" or (not how and values.ndim == 3):
        return values[:, 0]
    return jnp.mean(values, tuple(range(1, values.ndim - 1)))
