"""Checkpoints in, a checkpoint out.

    files --check--> weights, measured, kept --method, coefficient--> file of the same format

Results are rounded to the dtype of the first network, float16 in the kernels of graphs.
"""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from disco_jax.errors import InputError
from disco_jax.hubs import HubModel
from disco_jax.weights import local

from .average import average
from .checkpoint import Stored, Tensors, check_alike, check_kept, kinds, read, write
from .choosing import Choice, Chosen, choose
from .method import Given, Method, grid, method_of, shares


class Merged(NamedTuple):
    """What was written, and how."""

    out: str
    method: str
    coefficient: float | None  # None: equal weights
    tensors: dict[str, int]  # how many were merged, averaged and kept
    chosen: Chosen | None


def merge_checkpoints(
    models: Sequence[HubModel],
    out: Path,
    *,
    method: str = "average",
    base: HubModel | None = None,
    coefficient: float | None = None,
    fisher: Sequence[Path] = (),
    choice: Choice | None = None,
    offline: bool = False,
) -> Merged:
    """Merge the weights of networks of one architecture into a new file.

    Args:
        models: Two or more, where their weights are, and the architecture where a choice runs them.
        out: The file, of the format of the first network: .safetensors, or .npz for graphs.
        method: One of `METHODS`.
        base: What all were fine-tuned from, for task vectors; for other methods only the source of
            what is kept, and a candidate beside the others.
        coefficient: The method's; its default where there is none.
        fisher: A file of informations for each network, for fisher.
        choice: Choose the coefficient by a score.
        offline: Download nothing.

    Raises:
        ValueError: One line that names the file, what is wrong with it and what to do.
    """
    how = method_of(method)
    _check(how, method, models, base, coefficient, fisher, choice)
    every = [*models, *([base] if base is not None else [])]
    stored = [read(local(model.weights, offline=offline)) for model in every]
    first = stored[0]
    _check_out(out, first, stored)
    for other in stored[1:]:
        check_alike(first, other)
    weights, measured, kept = kinds(first)
    for other in stored[1:]:
        check_kept(first, other, kept)
    informations = [read(path) for path in fisher]
    for each in informations:
        _check_information(first, each, weights)
    tuned, origin = stored[: len(models)], stored[-1] if base is not None else None
    given = Given(
        [_part(each, weights) for each in tuned],
        None if origin is None else _part(origin, weights),
        [_part(each, weights) for each in informations],
    )
    statistics = [_part(each, measured) for each in tuned]
    rest = _part(origin or first, kept)

    def merged(value: float | None) -> Tensors:
        share = None if how.needs_base or value is None else min(max(value, 0.0), 1.0)
        with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
            found = how.merge(given, value)
            seen = average(statistics, shares(len(models), share)) if measured else {}
        whole = {key: np.asarray(x) for key, x in {**found, **seen}.items()} | rest
        return {key: whole[key] for key in first.tensors}

    chosen = None
    value = how.default if coefficient is None else coefficient
    if choice is not None:
        chosen = choose(choice, every, first, merged, grid(how), offline=offline)
        value = chosen.coefficient
    tensors = merged(value)
    _check_finite(first, tensors)
    write(first, tensors, out, _about(first, out, method, value, every))
    counts = {"merged": len(weights), "averaged": len(measured), "kept": len(kept)}
    return Merged(str(out), method, value, counts, chosen)


def _part(stored: Stored, names: Sequence[str]) -> dict[str, Any]:
    return {name: stored.tensors[name] for name in names}


def _check(
    how: Method,
    method: str,
    models: Sequence[HubModel],
    base: HubModel | None,
    coefficient: float | None,
    fisher: Sequence[Path],
    choice: Choice | None,
) -> None:
    """Refuse what does not go together, before anything is read."""
    refuse = partial(InputError, "merge")
    if len(models) < 2:
        raise refuse("models", f"{len(models)} of them", "give two or more")
    names = [model.name for model in (*models, *([base] if base else []))]
    if again := next((name for name in names if names.count(name) > 1), None):
        raise refuse("models", f"{again!r} is there twice", "give each once, by different names")
    if missing := next((m for m in (*models, *([base] if base else [])) if not m.weights), None):
        raise refuse("models", f"{missing.name} names no weights", "name a file of them")
    if how.needs_base and base is None:
        raise refuse("base", f"missing for {method}", "name what all were fine-tuned from")
    if method == "fisher" and len(fisher) != len(models):
        problem = f"{len(fisher)} files of informations for {len(models)} networks"
        raise refuse("fisher", problem, "give --fisher FILE for each, in their order")
    if method != "fisher" and fisher:
        raise refuse("fisher", f"{method} does not read it", "leave it out, or --method fisher")
    share = how.default is None and (coefficient is not None or choice is not None)
    if share and len(models) != 2:
        problem = f"a share of {len(models)} networks"
        raise refuse("coefficient", problem, "give two networks, or merge with equal weights")
    if coefficient is not None and choice is not None:
        raise refuse("coefficient", "there is a score to choose it", "leave one of the two out")
    if coefficient is not None and not np.isfinite(coefficient):
        raise refuse("coefficient", f"{coefficient} is not finite", "give a number")


def _check_out(out: Path, first: Stored, stored: Sequence[Stored]) -> None:
    if out.suffix != first.suffix:
        problem = f"{out.suffix or 'a file without suffix'} cannot be written of {first.path.name}"
        raise InputError(out, "out", problem, f"name it {out.stem}{first.suffix}")
    if any(each.path.resolve() == out.resolve() for each in stored):
        raise InputError(out, "out", "it is one of the networks", "name another file")


def _check_information(first: Stored, information: Stored, weights: Sequence[str]) -> None:
    check_alike(first, information, weights)
    for key in weights:
        array = np.asarray(information.tensors[key], np.float64)
        if not (np.isfinite(array).all() and (array >= 0).all()):
            remedy = "give means of squared gradients"
            raise InputError(information.path, key, "not all finite and at least 0", remedy)


def _check_finite(first: Stored, tensors: Tensors) -> None:
    for key, array in tensors.items():
        if first.suffix == ".npz" and key.startswith("w"):
            with np.errstate(over="ignore"):
                array = array.astype(np.float16)
        if not np.isfinite(np.asarray(array, np.float64)).all():
            problem = f"not finite as {array.dtype} once merged, so nothing was written"
            raise InputError(
                first.path, key, problem, "give finite weights, or a smaller coefficient"
            )


def _about(
    first: Stored, out: Path, method: str, value: float | None, every: Sequence[HubModel]
) -> dict[str, str]:
    """What the file says of itself."""
    names = [model.name for model in every]
    if first.suffix == ".npz":
        told = "equal weights" if value is None else f"{value:g}"
        return {"name": out.stem, "origin": f"{method} with {told} of {', '.join(names)}"}
    done = {"method": method, "coefficient": value, "networks": names}
    return {"disco_jax.merge": json.dumps(done)}
