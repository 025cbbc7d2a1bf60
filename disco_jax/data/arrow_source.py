"""Pictures in Arrow's files: what Hugging Face's `datasets` saved, and Parquet.

    hf:FOLDER       written by `save_to_disk`: a data set, or one per split in a folder each
    FILE.parquet    a row per picture

The column `image` (or `img`, or the only one that can be) holds encoded files, as bytes or as
{bytes, path}; paths are not followed. A column `label`, `labels` or `class` is the class, `target`
and `target_*` are targets. Names of classes are those that `datasets` writes beside the columns.
Saved data sets are mapped and may be larger than memory; a Parquet file is read at once.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.arrow_file import read_table, require_pyarrow
from disco_jax.errors import InputError
from disco_jax.machine import memory_bytes

from .classes import numbered
from .images import Images

PICTURES, LABELS = ("image", "img", "picture"), ("label", "labels", "class")
REMEDY = "save it again with save_to_disk"


def read_parquet(path: Path) -> Images:
    """The pictures of a Parquet file."""
    require_pyarrow(path)
    import pyarrow

    try:
        raw = path.read_bytes()
    except OSError as why:
        raise InputError(path, "file", f"cannot be read ({why.strerror})", "give another") from why
    table = _table(path, pyarrow.py_buffer(raw), parquet=True)
    return _images(path, path.stem, hashlib.sha256(raw).hexdigest(), {"train": table}, None)


def read_saved(folder: Path) -> Images:
    """The pictures of a data set that was saved, with its splits."""
    require_pyarrow(folder)
    try:
        return _saved(folder)
    except InputError:
        raise
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as why:
        problem = f"not as save_to_disk writes it ({type(why).__name__}: {why})"[:200]
        raise InputError(folder, "data", problem, REMEDY) from why


def _saved(folder: Path) -> Images:
    import pyarrow

    parts = {"": folder}
    if (listed := folder / "dataset_dict.json").is_file():
        parts = {name: folder / _plain(listed, name) for name in _json(listed)["splits"]}
    tables, said = {}, []
    for split, part in parts.items():
        state = _json(part / "state.json")
        files = [part / _plain(part, each["filename"]) for each in state["_data_files"]]
        said += [f"{split} {state.get('_fingerprint')}", *(f"{f.stat().st_size}" for f in files)]
        read = [_table(f, pyarrow.memory_map(str(f)).read_buffer(), parquet=False) for f in files]
        tables[split] = pyarrow.concat_tables(read)
    digest = hashlib.sha256("\n".join(said).encode()).hexdigest()
    splits = None
    if list(parts) != [""]:
        splits = np.repeat(list(tables), [len(table) for table in tables.values()])
    return _images(folder, folder.resolve().name, digest, tables, splits)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as why:
        problem = f"{path.name} cannot be read ({why.strerror})"
        raise InputError(path.parent, "data", problem, REMEDY) from why
    except (ValueError, RecursionError) as why:
        raise InputError(path, "file", "no JSON", REMEDY) from why


def _plain(where: Path, name: Any) -> str:
    """The name of something in the folder itself."""
    if not isinstance(name, str) or name in ("", "..") or Path(name).name != name:
        raise InputError(where, "data", f"{name!r} is no name of a file in it", REMEDY)
    return name


def _table(path: Path, raw: Any, *, parquet: bool) -> Any:
    def check_size(size: int) -> None:
        if size > memory_bytes():
            problem = f"unpacks to {size} bytes, more than there are"
            raise InputError(path, "file", problem, "save it in parts, or as files in folders")

    def used(names: Sequence[str]) -> list[str]:
        plain = {name: name.casefold() for name in names}
        wanted = [n for n in names if plain[n] in LABELS or plain[n].startswith("target")]
        pictures = [n for n in names if plain[n] in PICTURES] or [
            n for n in names if n not in wanted
        ]
        return [*pictures, *wanted]

    try:
        return read_table(raw, used, check_size, parquet=parquet)
    except InputError:
        raise
    except Exception as why:  # a damaged file can make a parser raise anything
        problem = f"damaged, or no file of Arrow's ({why})"[:200]
        raise InputError(path, "file", problem, "write it again") from why


def _images(
    where: Path, name: str, version: str, tables: dict[str, Any], splits: np.ndarray | None
) -> Images:
    import pyarrow

    try:
        table = pyarrow.concat_tables(tables.values())
    except pyarrow.ArrowInvalid as why:
        raise InputError(where, "splits", "have different columns", REMEDY) from why
    pictures = table.column(_of_pictures(where, table))
    fields: dict[str, Any] = {}
    for column in table.column_names:
        plain = column.casefold()
        if plain in LABELS:
            fields["labels"], fields["class_names"] = numbered(where, _values(where, table, column))
        elif plain.startswith("target"):
            values = np.array(_values(where, table, column), np.float32)
            fields.setdefault("targets", []).append(values)
    if "targets" in fields:
        fields["targets"] = np.stack(fields["targets"], axis=1)
    if "labels" in fields and (names := _class_names(table.schema)):
        fields["class_names"] = names

    def read(place: int) -> Any:
        from PIL import Image

        value = pictures[place].as_py()
        encoded = value.get("bytes") if isinstance(value, dict) else value
        if encoded is None:
            raise ValueError("its bytes are not in the file")
        return Image.open(io.BytesIO(encoded))

    n = len(table)
    return Images(name=name, version=version, read=read, ids=np.arange(n), splits=splits, **fields)


def _of_pictures(where: Path, table: Any) -> str:
    from pyarrow import types

    def holds_bytes(kind: Any) -> bool:
        if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            kind = kind.field("bytes").type
        return types.is_binary(kind) or types.is_large_binary(kind)

    found = [field.name for field in table.schema if holds_bytes(field.type)]
    if len(found) != 1:
        problem = f"{len(found)} columns of encoded pictures among {', '.join(table.column_names)}"
        raise InputError(where, "image", problem[:200], "name one column image")
    return found[0]


def _values(where: Path, table: Any, name: str) -> list[Any]:
    column = table.column(name)
    if column.null_count:
        first = column.is_null().index(True).as_py()
        problem = f"{column.null_count} entries are missing, the first in row {first}"
        raise InputError(where, f"column {name!r}", problem, "fill them in, or leave the rows out")
    values = column.to_pylist()
    if not all(isinstance(value, int | float | str) for value in values):
        raise InputError(
            where, f"column {name!r}", f"of type {column.type}", "give one per picture"
        )
    return values


def _class_names(schema: Any) -> tuple[str, ...]:
    """Of the label, from what `datasets` says about its columns."""
    try:
        about = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return tuple(map(str, next(about[name]["names"] for name in about if name in LABELS)))
    except (ValueError, KeyError, TypeError, StopIteration, AttributeError, RecursionError):
        return ()
