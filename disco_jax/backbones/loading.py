"""A file of weights, or a place on the hub, as a network ready to run.

    .npz    the graph format, complete in itself (`graph`)
    else    a checkpoint: its architecture is the one that is named, or that `config.json` names

Other packages bring a `Family` by an entry point in the group `disco_jax.backbones`.

The names that parameters have in the file are tried in every dialect that the family knows.
"""

import hashlib
import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jax.numpy as jnp
from flax import nnx

from disco_jax.data import Preprocessing
from disco_jax.entry_points import brought, collision
from disco_jax.errors import InputError, did_you_mean
from disco_jax.progress import Progress
from disco_jax.weights import (
    Checkpoint,
    architecture_of,
    filled,
    local,
    model_type_of,
    preprocessing_of,
    problems,
    read_checkpoint,
    renamed,
    told,
)
from disco_jax.weights import digest_of as checkpoint_digest

from .backbone import Backbone
from .family import Family
from .modules import drawn

FAMILIES = (
    "clip",
    "convnext",
    "densenet",
    "dinov2",
    "efficientnet",
    "googlenet",
    "inception_v3",
    "mnasnet",
    "mobilenet",
    "pvt",
    "pvt_v2",
    "resnet",
    "resnet_cifar",
    "siglip",
    "squeezenet",
    "swin",
    "vit",
)
GROUP = "disco_jax.backbones"


def load_backbone(
    weights: str | Path,
    architecture: str = "",
    *,
    name: str = "",
    dtype: Any = "float32",
    offline: bool = False,
    progress: Progress | None = None,
) -> Backbone:
    """The network of a file, a folder or hf://org/name@revision.

    Args:
        weights: Where they are.
        architecture: One of `architectures`, where no `config.json` says it.
        name: What to call it; its own name where none is given.
        dtype: Of its parameters, in which it computes.
        offline: Ask nothing of the hub.
        progress: Called with the bytes that came from an address, and how many there are.

    Raises:
        ValueError: One line that names the file, what is wrong with it and what to do.
    """
    path = local(weights, offline=offline, progress=progress)
    if path.suffix == ".npz":
        from .graph.module import load

        return load(path, name=name, dtype=dtype)
    checkpoint = read_checkpoint(path)
    family, sizes, called = _described(checkpoint, architecture)
    return Backbone(
        name or called,
        _fitting(checkpoint, family, sizes, called, jnp.dtype(dtype)),
        preprocessing_of(checkpoint) or family.preprocessing(called, sizes),
        checkpoint.digest,
        {"architecture": called, "source": str(weights) if path != weights else ""},
        jnp.dtype(dtype),
    )


def digest_of(weights: Path) -> str:
    """What `load_backbone` will call the digest of local weights, which are not otherwise read.

    Raises:
        ValueError: There are none.
        OSError: They cannot be read.
    """
    if weights.suffix == ".npz":
        with weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return checkpoint_digest(weights)


def untrained(
    architecture: str, classes: int | None = 1000, *, seed: int = 0, dtype: Any = "float32"
) -> Backbone:
    """A network of random weights (`drawn`), for what does not depend on them."""
    abstract, how = described(architecture, classes)
    module, about = drawn(abstract, seed, jnp.dtype(dtype)), {"architecture": architecture}
    return Backbone(architecture, module, how, f"random {seed}", about, jnp.dtype(dtype))


def described(architecture: str, classes: int | None = 1000) -> tuple[nnx.Module, Preprocessing]:
    """The shapes of a network's parameters, and how it wants its pictures by default."""
    family, sizes = _known()[architecture]
    abstract: nnx.Module = nnx.eval_shape(lambda: family.build(sizes, classes))
    return abstract, family.preprocessing(architecture, sizes)


def architectures() -> list[str]:
    """The names of all networks there are."""
    return sorted(_known())


def _families() -> Iterator[Family]:
    taken: set[str] = set()
    for name in FAMILIES:
        family = importlib.import_module(f".families.{name}", __package__).FAMILY
        taken |= {*family.architectures, *family.model_types}
        yield family
    for package, family in brought(GROUP, _accepted).values():
        for name in sorted(taken & {*family.architectures, *family.model_types}):
            raise collision(package, GROUP, name)
        yield family


def _accepted(name: str, family: Any) -> Family:
    if not isinstance(family, Family):
        problem = f"{type(family).__name__} is no family"
        raise InputError("backbones", name, problem, "give a disco_jax.backbones.Family")
    return family


def _known() -> dict[str, tuple[Family, Any]]:
    return {
        name: (family, sizes)
        for family in _families()
        for name, sizes in family.architectures.items()
    }


def _described(checkpoint: Checkpoint, named: str) -> tuple[Family, Any, str]:
    """The family, the sizes and the name of what a checkpoint holds."""
    model_type = model_type_of(checkpoint)
    if not named and model_type is not None:
        for family in _families():
            if model_type in family.model_types:
                return family, _sizes(checkpoint, family.model_types[model_type]), model_type
    called = named or architecture_of(checkpoint) or model_type
    if called is None:
        problem = "neither named nor in a config.json beside the weights"
        raise InputError(checkpoint.path, "architecture", problem, "name it, as resnet50")
    known = _known()
    if called not in known:
        remedy = did_you_mean(called, known, "see disco_jax.backbones.architectures()")
        raise InputError(checkpoint.path, "architecture", f"{called!r} is unknown", remedy)
    return *known[called], called


def _sizes(checkpoint: Checkpoint, read: Any) -> Any:
    try:
        return read(checkpoint.config)
    except (KeyError, TypeError, ValueError) as why:
        problem = f"not understood ({type(why).__name__}: {why})"
        raise InputError(checkpoint.path, "config.json", problem, "choose another network") from why


def _fitting(
    checkpoint: Checkpoint, family: Family, sizes: Any, called: str, dtype: Any
) -> nnx.Module:
    """The module with the parameters of the file, under the names that fit it best."""
    abstract = cache(lambda classes: nnx.eval_shape(lambda: family.build(sizes, classes)))
    tried = []
    for rules in family.dialects.values():
        pieces = renamed(checkpoint.tensors, rules)
        module: nnx.Module = abstract(_classes(family, checkpoint.tensors, pieces))
        tried.append((problems(module, checkpoint.tensors, pieces), module, pieces))
    found, module, pieces = min(tried, key=lambda each: len(each[0]))
    if found:
        remedy = "choose the architecture that the weights were trained with"
        raise InputError(checkpoint.path, "weights", f"no {called}: {told(found)}", remedy)
    return filled(module, checkpoint.tensors, pieces, dtype)


def _classes(family: Family, tensors: Mapping[str, Any], pieces: Mapping[str, Any]) -> int | None:
    """How many classes the file's head has; None without one."""
    head = pieces.get(family.head)
    return tensors[head[0]].shape[0] if head and tensors[head[0]].ndim else None
