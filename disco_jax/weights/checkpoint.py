"""A checkpoint on disk: tensors by name, what its `config.json` says, and a digest of it all.

    FILE.safetensors    FILE.pth, .pt, .bin, .tar (`torch_file`)
    FOLDER with config.json, preprocessor_config.json and one of these, or an index of several:
        model.safetensors    model.safetensors.index.json    pytorch_model.bin    *.pth

Nothing in a file is executed.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from disco_jax.errors import InputError
from disco_jax.torch_file import read_torch

TORCH = (".pth", ".pt", ".bin", ".tar")
INDEX = "model.safetensors.index.json"
FIRST = ("model.safetensors", "pytorch_model.bin")


class Checkpoint(NamedTuple):
    """What is stored of a network."""

    path: Path
    tensors: Mapping[str, np.ndarray]
    config: Mapping[str, Any]  # of config.json; empty without one
    preprocessor: Mapping[str, Any]  # of preprocessor_config.json
    digest: str  # sha256 of the weights


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a file or a folder.

    Raises:
        ValueError: One line that names the file, what is wrong with it and what to do.
    """
    home = path if path.is_dir() else path.parent
    tensors: dict[str, np.ndarray] = {}
    for file in _weights(path):
        tensors |= _tensors(file)
    config, preprocessor = (
        _json(home / name) if path.is_dir() else {}
        for name in ("config.json", "preprocessor_config.json")
    )
    return Checkpoint(path, tensors, config, preprocessor, digest_of(path))


def digest_of(path: Path) -> str:
    """The digest of a checkpoint, without reading its tensors.

    Raises:
        ValueError: There are no weights.
        OSError: They cannot be read.
    """
    digest = hashlib.sha256()
    for file in _weights(path):
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def _weights(path: Path) -> list[Path]:
    """The files that hold the tensors."""
    if not path.is_dir():
        if path.suffix not in (".safetensors", *TORCH):
            raise _error(path, f"{path.suffix or path.name!r} is no format of weights")
        return [path]
    if (path / INDEX).is_file():
        shards = _json(path / INDEX).get("weight_map")
        named = {str(name) for name in shards.values()} if isinstance(shards, dict) else set()
        if not named or any(Path(name).name != name for name in named):
            raise _error(path / INDEX, "weight_map names no files of the folder")
        return [path / name for name in sorted(named)]
    there = [path / name for name in FIRST if (path / name).is_file()]
    there = there or sorted(p for p in path.iterdir() if p.suffix in (".safetensors", *TORCH))
    if not there:
        raise _error(path, "there are no weights in the folder")
    if len(there) > 1 and there[0].name not in FIRST:
        raise _error(path, f"several weights: {', '.join(p.name for p in there)}", "name one")
    return there[:1]


def _tensors(file: Path) -> dict[str, np.ndarray]:
    try:
        if file.suffix == ".safetensors":
            from safetensors.numpy import load_file

            return dict(load_file(file))
        return read_torch(file)
    except OSError as why:
        raise _error(file, f"cannot be read ({why.strerror or why})") from why
    except Exception as why:  # a damaged file can make a parser raise anything
        told = " ".join(str(why).split())
        raise _error(file, f"damaged, or of another format ({told})", "fetch it again") from why


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as why:
        raise _error(path, f"no JSON ({why})", "fetch it again") from why
    if not isinstance(found, dict):
        raise _error(path, "no JSON object", "fetch it again")
    return found


def _error(
    path: Path, problem: str, remedy: str = "give a .safetensors, a .pth or a folder with one"
) -> InputError:
    return InputError(path, "weights", problem, remedy)
