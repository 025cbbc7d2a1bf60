"""A file of weights as tensors by name, what of them is merged, and a file of the same format.

    .safetensors, .pth, .pt, .bin, .tar, folders    `weights.read_checkpoint`    -> .safetensors
    .npz, the graph format                          `backbones.read_graph`       -> .npz

Three kinds of tensors:

    weights     floating: what the formulas merge
    measured    running_mean and running_var of batch normalisation: the average of the networks
                whatever the formula, since what extrapolation makes of a variance may be negative
    kept        integers and booleans, as counters and tables of positions: those of the base, or of
                the first network. Others than single numbers must be the same in all.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from disco_jax.atomic import replacing
from disco_jax.backbones import read_graph, write_graph
from disco_jax.errors import InputError
from disco_jax.weights import read_checkpoint

MEASURED = re.compile(r"(^|\.)running_(mean|var)$")
NETWORK = ("nodes", "feature", "logits", "input")  # of a graph
REMEDY = "merge checkpoints of one architecture"

Tensors = Mapping[str, Any]


class Stored(NamedTuple):
    """A file's tensors, and what is needed to write others like them."""

    path: Path
    tensors: Tensors
    described: Mapping[str, Any]  # the graph, or the metadata of safetensors
    suffix: str  # of the file that is written


def read(path: Path) -> Stored:
    """The tensors of a file or folder.

    Raises:
        ValueError: One line that names the file, what is wrong with it and what to do.
    """
    if path.suffix == ".npz":
        graph = read_graph(path)
        with np.load(path, allow_pickle=False) as archive:
            described = json.loads(archive["graph"].tobytes())
        named = {"w" + name: kernel for name, (kernel, _) in graph.weights.items()}
        named |= {"b" + name: bias for name, (_, bias) in graph.weights.items()}
        return Stored(path, named, described, ".npz")
    return Stored(path, read_checkpoint(path).tensors, _metadata(path), ".safetensors")


def write(like: Stored, tensors: Tensors, path: Path, about: Mapping[str, str]) -> None:
    """Write tensors in the format of ``like``; ``about`` goes into its description."""
    if like.suffix == ".npz":
        weights = {
            key[1:]: (kernel, tensors["b" + key[1:]])
            for key, kernel in tensors.items()
            if key.startswith("w")
        }
        with np.errstate(over="ignore"):  # what is not finite is found by whoever reads it
            write_graph(path, {**like.described, **about}, weights)
        return
    from safetensors.numpy import save

    whole = save(dict(tensors), {**like.described, **about})
    with replacing(path) as file:
        file.write(whole)


def check_alike(first: Stored, other: Stored, needed: Sequence[str] | None = None) -> None:
    """Refuse a file whose keys or shapes differ from the first one's."""
    wanted = sorted(first.tensors if needed is None else needed)
    for key in sorted({*wanted, *(other.tensors if needed is None else ())}):
        here, there = first.tensors.get(key), other.tensors.get(key)
        if here is None or there is None:
            lacking, having = (first, other) if here is None else (other, first)
            problem = f"missing, and {having.path} has it"
            raise InputError(lacking.path, key, problem, REMEDY)
        if here.shape != there.shape:
            problem = f"shape {there.shape}, and {here.shape} in {first.path}"
            raise InputError(other.path, key, problem, REMEDY)
        if _floating(here) != _floating(there):
            problem = f"{there.dtype}, and {here.dtype} in {first.path}"
            raise InputError(other.path, key, problem, REMEDY)
    if first.suffix == ".npz":
        for key in NETWORK:
            if needed is None and first.described[key] != other.described.get(key):
                raise InputError(other.path, key, f"not that of {first.path}", REMEDY)


def kinds(stored: Stored) -> tuple[list[str], list[str], list[str]]:
    """The names of weights, of what is measured, and of what is kept."""
    floating = [key for key, x in stored.tensors.items() if _floating(x)]
    measured = [key for key in floating if MEASURED.search(key)]
    weights = [key for key in floating if not MEASURED.search(key)]
    return weights, measured, [key for key in stored.tensors if key not in {*floating}]


def check_kept(first: Stored, other: Stored, names: Sequence[str]) -> None:
    """Refuse integers that differ and are no counters: they are weights in fewer bits."""
    for key in names:
        here, there = first.tensors[key], other.tensors[key]
        if here.size > 1 and not np.array_equal(here, there):
            problem = f"{here.dtype} that differ from those of {first.path}"
            raise InputError(other.path, key, problem, "give weights that are not quantised")


def _floating(array: Any) -> bool:
    return bool(jnp.issubdtype(array.dtype, jnp.floating))


def _metadata(path: Path) -> dict[str, str]:
    """Of a .safetensors file; of others what says that it is PyTorch's."""
    if path.suffix != ".safetensors":
        return {"format": "pt"}
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        return dict(file.metadata() or {})
