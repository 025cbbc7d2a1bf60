"""What a run that was interrupted goes on from: the state after each epoch, in one file.

    key      JSON: the run, rate and epoch        trials   JSON: the rates that are done
    0, 1, …  the arrays of the state in their order

A file of another run, or a damaged one, is as good as none.
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from disco_jax.atomic import replacing
from disco_jax.errors import InputError


class Saved(NamedTuple):
    """How far a run is."""

    trials: dict[str, list[float]]  # rate -> validation, test
    rate: str = ""
    epoch: int = 0  # done at that rate
    state: Any = None


def save(path: Path, about: Mapping[str, Any], saved: Saved) -> None:
    """Write it, whole or not at all."""
    arrays: dict[str, Any] = {
        str(i): np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(saved.state))
    }
    key = {**about, "rate": saved.rate, "epoch": saved.epoch, "trials": saved.trials}
    try:
        with replacing(path) as file:
            np.savez(file, key=np.frombuffer(json.dumps(key).encode(), np.uint8), **arrays)
    except OSError as why:
        problem = f"cannot be written ({why.strerror or why})"
        raise InputError(path, "file", problem, "make room; what was done stays") from why


def load(path: Path | None, about: Mapping[str, Any], like: Any) -> Saved:
    """What was saved of that run; a new start where there is nothing."""
    if path is None or not path.exists():
        return Saved({})
    leaves, tree = jax.tree.flatten(like)
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            key = json.loads(archive["key"].tobytes())
            found = [archive[str(i)] for i in range(len(leaves))] if key["epoch"] else []
        trials, rate, epoch = (key.pop(name) for name in ("trials", "rate", "epoch"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        return Saved({})
    if key != about or any(
        (a.shape, a.dtype) != (b.shape, b.dtype) for a, b in zip(found, leaves, strict=False)
    ):
        return Saved({})
    return Saved(trials, rate, epoch, jax.tree.unflatten(tree, found) if epoch else None)
