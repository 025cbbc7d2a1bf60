"""What a run that was interrupted goes on from: the state after each epoch, in one file.

    key      JSON: the run, the rates that are done, the rate that is not and its learning curve
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

    trials: dict[str, list[Any]]  # rate -> learning curve, accuracy on the test pictures
    rate: str = ""
    curve: tuple[float, ...] = ()  # validation after each epoch that is done at that rate
    state: Any = None


def save(path: Path, about: Mapping[str, Any], saved: Saved) -> None:
    """Write it, whole or not at all."""
    arrays: dict[str, Any] = {
        str(i): np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(saved.state))
    }
    key = {**about, "rate": saved.rate, "curve": saved.curve, "trials": saved.trials}
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
            found = [archive[str(i)] for i in range(len(leaves))] if key["curve"] else []
        trials, rate, curve = (key.pop(name) for name in ("trials", "rate", "curve"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        return Saved({})
    if key != about or any(
        (a.shape, a.dtype) != (b.shape, b.dtype) for a, b in zip(found, leaves, strict=False)
    ):
        return Saved({})
    state = jax.tree.unflatten(tree, found) if curve else None
    return Saved(trials, rate, tuple(curve), state)
