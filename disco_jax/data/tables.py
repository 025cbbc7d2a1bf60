"""A CSV of pictures: paths, and labels or targets.

    path,label,split        path,target        path,target_x,target_y

The first line names the columns, in any order. `path` is relative to the CSV; `label` is a class,
any text; every column whose name starts with `target` is a number; `split` is free text. Other
columns are left alone. Ids are the paths as written.
"""

import csv
import hashlib
from pathlib import Path

import numpy as np

from disco_jax.errors import InputError

from .folders import open_picture
from .images import Images

REMEDY = "start with path,label or path,target"


def read_table(path: Path) -> Images:
    """The pictures that a CSV lists."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = [row for row in csv.reader(file, strict=True) if row]
    except OSError as why:
        raise InputError(path, "file", f"cannot be read ({why.strerror})", "give a CSV") from why
    except (ValueError, csv.Error) as why:
        raise InputError(path, "file", f"not CSV in UTF-8 ({why})", "save it again") from why
    header = [name.strip().casefold() for name in table[0]] if table else []
    if "path" not in header:
        raise InputError(path, "columns", "none is 'path'", REMEDY)
    if bad := next((i for i, row in enumerate(table, 1) if len(row) != len(header)), None):
        problem = f"{len(table[bad - 1])} fields, the header {len(header)}"
        raise InputError(path, f"row {bad}", f"has {problem}", "separate fields by one comma")
    columns = {name: [row[i].strip() for row in table[1:]] for i, name in enumerate(header)}
    targets = [name for name in columns if name.startswith("target")]
    if "label" not in columns and not targets:
        raise InputError(path, "columns", "neither label nor target", REMEDY)
    files = [path.parent / name for name in columns["path"]]
    if missing := next((file for file in files if not file.is_file()), None):
        raise InputError(path, "path", f"there is no {missing}", "give paths relative to the CSV")
    classes = sorted(set(columns.get("label", ())))
    number = {name: place for place, name in enumerate(classes)}
    digest = hashlib.sha256(repr(table).encode())
    digest.update(repr([file.stat().st_size for file in files]).encode())
    return Images(
        name=path.stem,
        version=digest.hexdigest(),
        read=lambda place: open_picture(files[place]),
        ids=np.array(columns["path"]),
        labels=np.array([number[name] for name in columns["label"]], np.int32) if classes else None,
        targets=_numbers(path, {name: columns[name] for name in targets}) if targets else None,
        splits=np.array(columns["split"]) if "split" in columns else None,
        class_names=tuple(classes),
    )


def _numbers(path: Path, columns: dict[str, list[str]]) -> np.ndarray:
    found = np.empty((len(next(iter(columns.values()))), len(columns)), np.float32)
    for column, (name, cells) in enumerate(columns.items()):
        for row, cell in enumerate(cells):
            try:
                found[row, column] = float(cell)
            except ValueError:
                where = f"{path}: row {row + 2}, {name}"
                raise ValueError(f"{where}: {cell!r} is no number; correct it") from None
    return found
