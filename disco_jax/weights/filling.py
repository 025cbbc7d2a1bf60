"""Tensors of a file into the parameters of a module.

A parameter's name is its path in the module, joined by dots, its last part as PyTorch calls it:
`layer1.0.conv1.kernel` is `layer1.0.conv1.weight`. A convolution's kernel is (o, c, kh, kw) in
files and (kh, kw, c, o) here, that of a linear map (o, c) there and (c, o) here. Axes of
one element may be missing in files, or too many.

The names must agree in both directions, and so must the shapes; all that does not is said at once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import jax.numpy as jnp
import numpy as np
from flax import nnx

LEAVES = {"kernel": "weight", "scale": "weight", "mean": "running_mean", "var": "running_var"}
STORED = {4: (3, 2, 0, 1), 2: (1, 0)}  # the file's axes of a kernel, by ours
OURS = {4: (2, 3, 1, 0), 2: (1, 0)}
SHOWN = 4

Module = TypeVar("Module", bound=nnx.Module)


def name_of(path: Sequence[Any]) -> str:
    """A parameter's name in files."""
    *home, leaf = map(str, path)
    return ".".join([*home, LEAVES.get(leaf, leaf)])


def filled(
    module: Module,
    tensors: Mapping[str, np.ndarray],
    pieces: Mapping[str, Sequence[str]],
    dtype: Any = jnp.float32,
) -> Module:
    """An abstract module with its parameters from ``tensors``, in ``dtype``.

    ``pieces`` says of which tensors each of our names is made. `problems` finds none in them.
    """
    definition, state = nnx.split(module)
    parameters = nnx.to_flat_state(state)
    for path, parameter in parameters:
        parts = [tensors[name] for name in pieces[name_of(path)]]
        array = parts[0] if len(parts) == 1 else np.concatenate(parts)
        array = array.reshape(_stored(path, parameter.shape))
        axes = OURS[array.ndim] if path[-1] == "kernel" else range(array.ndim)
        parameter.set_value(jnp.asarray(array.transpose(*axes), dtype))
    found: Module = nnx.merge(definition, nnx.from_flat_state(parameters))
    return found


def problems(
    module: nnx.Module, tensors: Mapping[str, np.ndarray], pieces: Mapping[str, Sequence[str]]
) -> list[str]:
    """All that is missing, unknown or of another shape."""
    wanted = {
        name_of(path): _stored(path, parameter.shape)
        for path, parameter in nnx.to_flat_state(nnx.state(module))
    }
    found = [f"{name} missing" for name in wanted if name not in pieces]
    found += [f"{name} unknown" for ours in pieces if ours not in wanted for name in pieces[ours]]
    for name in wanted.keys() & pieces.keys():
        shape = _joined([tensors[piece].shape for piece in pieces[name]])
        if shape is None or _bare(shape) != _bare(wanted[name]):
            found.append(f"{pieces[name][0]} is {shape}, not {wanted[name]}")
    return sorted(found)


def told(found: Sequence[str]) -> str:
    """Problems in one line, the first ones by name."""
    rest = [f"{len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return ", ".join([*found[:SHOWN], *rest])


def _stored(path: Sequence[Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that files have."""
    return tuple(shape[axis] for axis in STORED[len(shape)]) if path[-1] == "kernel" else shape


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without axes of one element."""
    return tuple(size for size in shape if size != 1)


def _joined(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape of pieces put together; None where they do not fit."""
    rows, *rest = zip(*shapes, strict=False) if len({len(s) for s in shapes}) == 1 else [()]
    if len(shapes) == 1:
        return shapes[0]
    if not rows or any(len(set(sizes)) > 1 for sizes in rest):
        return None
    return (sum(rows), *shapes[0][1:])
