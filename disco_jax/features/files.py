"""Feature sets on disk: a folder with one `<model>.safetensors` or `<model>.npz` per model.

A file holds the fields of a `FeatureSet` by name, another layer's features as `features@NAME`.

Nothing is unpickled and nothing is believed: sizes that a header gives are compared with the size
of the file before anything is allocated, and whatever is wrong is an `InputError`. Fields that a
`FeatureSet` does not have are ignored. The large fields stay in the file as `StoredArray`s, rows of
which are read when asked for, so that a file may be larger than memory.

Files are written whole or not at all (`atomic`), and the same content gives the same bytes. The two
formats are described in `format_safetensors` and `format_npz`.
"""

import os
import stat
from pathlib import Path

import numpy as np

from disco_jax.atomic import replacing
from disco_jax.errors import InputError

from .feature_set import FeatureSet
from .fields import FIELDS, LAYER
from .format_npz import read_npz, write_npz
from .format_safetensors import read_safetensors, write_safetensors
from .stored import AGAIN, unreadable
from .values import StoredRows

FORMATS = {".safetensors": (read_safetensors, write_safetensors), ".npz": (read_npz, write_npz)}


def feature_files(folder: str | os.PathLike[str]) -> dict[str, Path]:
    """The feature files of a folder by name of model, in the order of the names."""
    where = os.fspath(folder)
    try:
        names = sorted(os.listdir(folder))
    except OSError as why:
        remedy = "give a folder with one .safetensors or .npz file per model"
        problem = f"cannot be read ({why.strerror})"
        raise InputError(where, "folder", problem, remedy) from why
    found: dict[str, Path] = {}
    for path in (Path(folder, name) for name in names if not name.startswith(".")):
        if path.suffix.lower() not in FORMATS:
            continue
        if path.name.encode(errors="ignore").decode() != path.name:
            problem = f"the name of a file is no Unicode, {path.name}"
            raise InputError(where, "folder", problem, "rename it")
        if path.stem in found:
            problem = f"model {path.stem} twice, in {found[path.stem].name} and {path.name}"
            raise InputError(where, "folder", problem, "remove or rename one of them")
        found[path.stem] = path
    if not found:
        remedy = "put one .safetensors or .npz file per model there"
        raise InputError(where, "folder", "no feature files in it", remedy)
    return dict(sorted(found.items()))


def read_features(path: str | os.PathLike[str]) -> FeatureSet:
    """What a file holds; the values, and checksums of large fields, are `FeatureSet.check`'s."""
    path = Path(path)
    read, _ = _format(path)
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
    except OSError as why:
        raise unreadable(path, "file", why) from why
    except Exception as why:  # a damaged file can make a parser raise anything
        told = f"{type(why).__name__}: {why}"[:200]
        problem = f"damaged, or no {path.suffix[1:]} file ({told})"
        raise InputError(str(path), "file", problem, AGAIN) from why
    features = arrays.pop("features", None)
    layers = {key: arrays.pop(key) for key in list(arrays) if key.startswith(LAYER)}
    arrays["layers"] = {key.removeprefix(LAYER): array for key, array in layers.items()}
    return FeatureSet(features, **arrays, name=path.stem, file=str(path), provenance=provenance)


def write_features(features: FeatureSet, path: str | os.PathLike[str]) -> None:
    """Write the file whole or not at all, with its folder if need be; the suffix is the format."""
    path = Path(path)
    _, write = _format(path)
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


def _format(path: Path) -> tuple:
    if path.suffix.lower() not in FORMATS:
        problem = f"suffix {path.suffix!r}"
        raise InputError(str(path), "file", problem, "use .safetensors or .npz")
    return FORMATS[path.suffix.lower()]
