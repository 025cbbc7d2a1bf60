"""Where a batch of models runs: the mesh, its PartitionSpecs, and the loop over models.

    models    a batch has as many models as there are devices, one to each (mesh axis "model"); on
              an accelerator several to each, as many as fit, at once
    samples   a lone large model has its rows spread over the devices (axis "data"); the compiler
              adds up the parts

On a CPU a device takes one model at a time: its products fill the cores already.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from .plan import Plan
from .program import Arrays, Computed, compute

AT_ONCE = 16  # models to an accelerator, where memory allows
SPREAD_BYTES = 2**26  # of features: smaller models stay on one device


def devices() -> int:
    """How many devices there are."""
    return jax.device_count()


def per_call(models: int, bytes_of_one: int, budget: int) -> int:
    """Models in a batch: as many on each device as fit, but no more devices' worth than needed."""
    fit = 1
    if jax.default_backend() != "cpu":
        fit = max(1, min(AT_ONCE, budget // max(1, bytes_of_one)))
    return devices() * min(fit, -(-models // devices()))


@lru_cache
def _mesh(axis: str) -> Mesh:
    return jax.make_mesh((devices(),), (axis,), axis_types=(AxisType.Auto,))


@lru_cache
def over_models(plan: Plan) -> Callable[[Arrays], Computed]:
    """The program on stacked arrays (models, ...), the models spread over the devices."""
    one = partial(compute, plan)

    def local(stacked: Arrays) -> Computed:
        if len(stacked["width"]) > 1:
            return jax.vmap(one)(stacked)
        alone = one(jax.tree.map(lambda array: array[0], stacked))
        result: Computed = jax.tree.map(lambda leaf: leaf[None], alone)
        return result

    if devices() == 1:
        return jax.jit(local)
    spread = jax.shard_map(
        local, mesh=_mesh("model"), in_specs=P("model"), out_specs=P("model"), check_vma=False
    )
    return jax.jit(spread)


def spread_models(stacked: Arrays) -> Arrays:
    """A stacked batch, placed: models over devices."""
    if devices() == 1:
        return stacked
    return jax.device_put(stacked, NamedSharding(_mesh("model"), P("model")))


def spread_rows(arrays: Arrays) -> Arrays:
    """One model's arrays, its samples over the devices; `where` pads them to equal parts."""
    missing = -len(arrays["where"]) % devices()
    rows = NamedSharding(_mesh("data"), P("data"))

    def place(array: Any) -> Any:
        if array.ndim == 0:
            return array
        more = [(0, missing)] + [(0, 0)] * (array.ndim - 1)
        return jax.device_put(array.__array_namespace__().pad(array, more), rows)

    return {name: place(array) for name, array in arrays.items()}
