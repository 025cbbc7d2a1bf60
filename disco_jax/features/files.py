"""Feature sets on disk: a folder with a file per model, or one such file.

    .safetensors, .npz, .pt, .pth         fields of a `FeatureSet` by name, another layer's features
                                          as `features@NAME`
    .csv, .parquet, .feather, .arrow      a row per sample, see `columns`
    .npy                                  the features alone

We write the first two. A folder may mix them all. Files of the other kinds called after what lies
beside features, `BESIDE`, are no models.

Nothing is unpickled and nothing is believed: sizes that a header gives are compared with the size
of the file before anything is allocated, and whatever is wrong is an `InputError`. Fields that a
`FeatureSet` does not have are ignored. The large fields stay in the file as `StoredArray`s, rows of
which are read when asked for, so that a file may be larger than memory.

Files are written whole or not at all (`atomic`), and the same content gives the same bytes. Each
format is described in its `format_*`.
"""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.atomic import replacing
from disco_jax.errors import InputError

from .feature_set import FeatureSet
from .fields import FIELDS, LAYER, any_of
from .format_arrow import read_arrow
from .format_csv import read_csv
from .format_npy import read_npy
from .format_npz import read_npz, write_npz
from .format_safetensors import read_safetensors, write_safetensors
from .format_torch import read_pt
from .stored import AGAIN, unreadable
from .tokens import check_pool, may_be_tokens, pooled
from .values import StoredRows

WRITTEN = {".safetensors": write_safetensors, ".npz": write_npz}
FORMATS = {
    ".safetensors": read_safetensors,
    ".npz": read_npz,
    ".npy": read_npy,
    ".csv": read_csv,
    **dict.fromkeys((".parquet", ".feather", ".arrow"), read_arrow),
    **dict.fromkeys((".pt", ".pth"), read_pt),
}
BESIDE = {"label", "labels", "target", "targets", "boxes", "ids", "accuracies", "scores"}
ONE_EACH = f"put a file per model there: {any_of(FORMATS)}"


def feature_files(folder: str | os.PathLike[str]) -> dict[str, Path]:
    """The feature files of a folder by name of model, in the order of names, or the one given."""
    where = os.fspath(folder)
    if Path(folder).suffix.lower() in FORMATS and Path(folder).is_file():
        return {Path(folder).stem: Path(folder)}
    try:
        names = sorted(os.listdir(folder))
    except OSError as why:
        remedy = "give a folder with a features file per model, or one such file"
        problem = f"cannot be read ({why.strerror})"
        raise InputError(where, "folder", problem, remedy) from why
    found: dict[str, Path] = {}
    for path in (Path(folder, name) for name in names if not name.startswith(".")):
        if not _is_model(path):
            continue
        if path.name.encode(errors="ignore").decode() != path.name:
            problem = f"the name of a file is no Unicode, {path.name}"
            raise InputError(where, "folder", problem, "rename it")
        if path.stem in found:
            problem = f"model {path.stem} twice, in {found[path.stem].name} and {path.name}"
            raise InputError(where, "folder", problem, "remove or rename one of them")
        found[path.stem] = path
    if not found:
        raise InputError(where, "folder", "no feature files in it", ONE_EACH)
    return dict(sorted(found.items()))


def _is_model(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in WRITTEN or (suffix in FORMATS and path.stem.casefold() not in BESIDE)


def read_features(path: str | os.PathLike[str], *, pool: str | None = None) -> FeatureSet:
    """What a file holds; the values, and checksums of large fields, are `FeatureSet.check`'s.

    Features of tokens (n, t, d) are pooled to (n, d): `pool` is mean, cls (the first) or max.
    """
    check_pool(pool)
    path = Path(path)
    read = _format(path, FORMATS)
    try:
        status = os.stat(path)  # before it is opened: a named pipe would wait for its writer
        if not stat.S_ISREG(status.st_mode):
            raise InputError(str(path), "file", "not a regular file", "give a file")
        if status.st_size == 0:
            raise InputError(str(path), "file", "empty", AGAIN)
        with open(path, "rb") as file:
            arrays, provenance = read(path, file)
    except InputError:
        raise
    except Exception as why:  # a damaged file can make a parser raise anything
        if isinstance(why, OSError) and why.errno is not None:
            raise unreadable(path, "file", why) from why
        told = f"{type(why).__name__}: {why}"[:200]
        problem = f"damaged, or no {path.suffix[1:]} file ({told})"
        raise InputError(str(path), "file", problem, AGAIN) from why
    arrays = {k: pooled(array, pool) if may_be_tokens(k) else array for k, array in arrays.items()}
    features = arrays.pop("features", None)
    layers = {key: arrays.pop(key) for key in list(arrays) if key.startswith(LAYER)}
    arrays["layers"] = {key.removeprefix(LAYER): array for key, array in layers.items()}
    return FeatureSet(features, **arrays, name=path.stem, file=str(path), provenance=provenance)


def write_features(features: FeatureSet, path: str | os.PathLike[str]) -> None:
    """Write the file whole or not at all, with its folder if need be; the suffix is the format."""
    path = Path(path)
    write = _format(path, WRITTEN)
    given = {key: value for key in FIELDS if (value := getattr(features, key)) is not None}
    given |= {LAYER + name: array for name, array in features.layers.items()}
    arrays = {k: v if isinstance(v, StoredRows) else np.asarray(v) for k, v in given.items()}
    try:
        with replacing(path) as file:
            write(path, file, arrays, dict(sorted(features.provenance.items())))
    except OSError as why:
        problem = f"cannot be written ({why.strerror or why})"
        remedy = "choose a writable folder with room for it"
        raise InputError(str(path), "file", problem, remedy) from why
    except UnicodeEncodeError as why:
        problem = f"text that is no Unicode, {why.object[why.start : why.end]!r}"
        raise InputError(str(path), "file", problem, "correct labels, ids or provenance") from why


def _format(path: Path, known: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    suffix = path.suffix.lower()
    if suffix not in known:
        problem = f"{suffix} is read, not written" if suffix in FORMATS else f"suffix {suffix!r}"
        raise InputError(str(path), "file", problem, f"use {any_of(known)}")
    return known[suffix]
