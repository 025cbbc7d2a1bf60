"""A model of a hub as a network ready to run, its preprocessing as its entry says."""

from functools import partial
from typing import Any

import jax

from disco_jax.backbones import Backbone, load_backbone, of_library
from disco_jax.data import changed
from disco_jax.errors import InputError
from disco_jax.hubs import HubModel
from disco_jax.progress import Progress


def opened(
    model: HubModel,
    *,
    dtype: str = "float32",
    offline: bool = False,
    progress: Progress | None = None,
) -> Backbone:
    """The network of a model; ``progress`` is told of a download.

    Raises:
        ValueError: One line that names the file, what is wrong with it and what to do.
    """
    where = model.where or model.name
    given = {"name": model.name, "dtype": dtype, "offline": offline}
    backbone = _network(model, where, given, progress)
    return backbone._replace(about={**backbone.about, **model.facts})


def _network(
    model: HubModel, where: str, given: dict[str, Any], progress: Progress | None
) -> Backbone:
    change = partial(changed, table=model.preprocess, where=where)
    if model.library:
        called = model.library, model.architecture, model.weights
        return of_library(*called, where=where, change=change, **given)
    backbone = load_backbone(model.weights, model.architecture, **given, progress=progress)
    how = change(backbone.preprocessing)
    if how.size != backbone.preprocessing.size:
        _check_size(backbone, how.size, where)
    return backbone._replace(preprocessing=how)


def _check_size(backbone: Backbone, size: int, where: str) -> None:
    """Some networks take pictures of their own size only."""
    x = jax.ShapeDtypeStruct((1, size, size, 3), backbone.dtype)
    try:
        jax.eval_shape(backbone.module, x)
    except Exception as why:  # whatever a module raises
        own = backbone.preprocessing.size
        problem = f"the network does not take {size} px ({type(why).__name__}: {why})"
        raise InputError(where, "preprocess: size", problem, f"leave it at {own}") from why
