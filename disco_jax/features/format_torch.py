"""torch.save's files: a dictionary of fields by name, or one tensor (n, d) of features.

Read by `torch_file`, which executes nothing and needs no torch.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from disco_jax.errors import InputError
from disco_jax.torch_file import Tensor, load_torch

from .fields import rule_of
from .stored import byte_count, check_at_once

REMEDY = 'save {"features": tensor (n, d), "labels": tensor (n,)}, or the features alone'


def read_pt(path: Path, file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields; whatever it raises means that the file is damaged."""
    check_at_once(path, "file", os.fstat(file.fileno()).st_size)
    found, array_of = load_torch(file)
    if isinstance(found, Tensor):
        found = {"features": found}
    if not isinstance(found, Mapping):
        raise InputError(str(path), "features", f"a {type(found).__name__}", REMEDY)
    arrays: dict[str, Any] = {}
    for field, value in found.items():
        if not isinstance(field, str) or rule_of(field) is None:
            continue
        if isinstance(value, Tensor):
            arrays[field] = array_of(field, value)
        elif isinstance(value, list):
            check_at_once(path, field, sum(_bytes(path, field, each) for each in value))
            arrays[field] = [array_of(field, v) if isinstance(v, Tensor) else v for v in value]
        else:
            raise InputError(str(path), field, "neither a tensor nor a list", REMEDY)
    return arrays, {}


def _bytes(path: Path, field: str, value: Any) -> int:
    """Of an entry of a list, which may be there a million times."""
    if isinstance(value, Tensor):
        return byte_count(value.shape, value.storage[1])
    if not isinstance(value, str | int | float):
        problem = f"a list with a {type(value).__name__} in it"
        raise InputError(str(path), field, problem, "give tensors, numbers or text")
    return 8
