"""A folder of pictures: the class is the subfolder.

    DIR/cat/1.jpg    DIR/cat/more/2.png    DIR/dog/3.jpg

Ids are the paths below DIR, classes are numbered in the order of their names. Where all subfolders
are called train, val, test or the like, they are splits, and classes are one level below.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .images import Images

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm"}
SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val"} | {
    "validation": "val",
    "test": "test",
    "testing": "test",
}


def read_folder(folder: Path) -> Images:
    """The pictures of a folder of classes."""
    try:
        files = sorted(path for path in folder.rglob("*") if _picture(path, folder))
    except OSError as why:
        raise InputError(
            folder, "folder", f"cannot be read ({why.strerror})", "give another"
        ) from why
    parts = [path.relative_to(folder).parts for path in files]
    split = bool(parts) and all(each[0].casefold() in SPLITS for each in parts)
    depth = 1 if split else 0
    if loose := next((each for each in parts if len(each) < depth + 2), None):
        problem = f"{'/'.join(loose)} is in no folder of a class"
        raise InputError(folder, "classes", problem, "put each picture in its class's subfolder")
    classes = sorted({each[depth] for each in parts})
    number = {name: place for place, name in enumerate(classes)}
    sizes = [f"{'/'.join(p)} {path.stat().st_size}" for p, path in zip(parts, files, strict=True)]
    return Images(
        name=folder.resolve().name,
        version=hashlib.sha256("\n".join(sizes).encode()).hexdigest(),
        read=lambda place: open_picture(files[place]),
        ids=np.array(["/".join(each) for each in parts]),
        labels=np.array([number[each[depth]] for each in parts], np.int32),
        splits=np.array([SPLITS[each[0].casefold()] for each in parts]) if split else None,
        class_names=tuple(classes),
    )


def open_picture(path: Path) -> Any:
    """A picture of a file, which is read at once: open files are few."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.load()
    return picture


def _picture(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() in SUFFIXES and path.is_file()
