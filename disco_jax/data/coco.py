"""Boxes in the format of COCO (Lin et al. 2014): one JSON file for a folder of pictures.

    {"images": [{"id": 3, "file_name": "3.jpg", "width": 640, "height": 480}, ...],
     "annotations": [{"image_id": 3, "category_id": 18, "bbox": [x, y, w, h], "iscrowd": 0}, ...],
     "categories": [{"id": 18, "name": "dog"}, ...]}

The pictures are in the folder of the file or in `images` there, or in a folder there whose name is
part of the file's, as val2017 of instances_val2017.json; or the same one folder up. Classes are
numbered in the order of the ids of their categories. Crowds are left out: their box is around many.
A file is one split. A picture may have no object.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .boxes import in_picture
from .folders import open_picture
from .images import Images

REMEDY = "give a COCO file of boxes (images, annotations, categories)"


def read_coco(path: Path) -> Images:
    """The pictures of a file, with their boxes."""
    try:
        raw = path.read_bytes()
        found = json.loads(raw)
    except OSError as why:
        raise InputError(path, "file", f"cannot be read ({why.strerror})", REMEDY) from why
    except (ValueError, RecursionError) as why:
        raise InputError(path, "file", f"not JSON ({why})", REMEDY) from why
    images = _listed(path, found, "images", {"id": int, "file_name": str})
    categories = _listed(path, found, "categories", {"id": int, "name": str})
    marked = {"image_id": int, "category_id": int, "bbox": list}
    annotations = _listed(path, found, "annotations", marked)
    places = _places(path, "images", images)
    categories.sort(key=lambda each: each["id"])
    number = _places(path, "categories", categories)
    boxes, box_image, box_labels = [], [], []
    for row, each in enumerate(annotations):
        where = f"{path}: annotations {row}"
        for key, known in (("image_id", places), ("category_id", number)):
            if each[key] not in known:
                raise InputError(where, key, f"{each[key]} is not listed", REMEDY)
        if each.get("iscrowd"):
            continue
        place = places[each["image_id"]]
        size = images[place].get("width"), images[place].get("height")
        boxes.append(in_picture(where, _corners(where, each["bbox"]), size))
        box_image.append(place)
        box_labels.append(number[each["category_id"]])
    names = [each["file_name"] for each in images]
    folder = _folder(path, names)
    sizes = [(folder / name).stat().st_size for name in names]
    return Images(
        name=path.stem,
        version=hashlib.sha256(raw + repr(sizes).encode()).hexdigest(),
        read=lambda place: open_picture(folder / names[place]),
        ids=np.array(names),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        box_image=np.array(box_image, np.int64),
        box_labels=np.array(box_labels, np.int32),
        class_names=tuple(each["name"] for each in categories),
    )


def _listed(path: Path, found: Any, key: str, kinds: dict[str, type]) -> list[dict[str, Any]]:
    """The objects of one list, with these members of these types."""
    rows = found.get(key) if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise InputError(path, key, "missing, or no list", REMEDY)
    for place, row in enumerate(rows):
        for name, kind in kinds.items():
            if not isinstance(row, dict) or type(row.get(name)) is not kind:
                told = f"{path}: {key} {place}: {name}"
                raise ValueError(f"{told}: missing, or no {kind.__name__}; {REMEDY}")
    return rows


def _places(path: Path, key: str, rows: list[dict[str, Any]]) -> dict[int, int]:
    """Where each id is."""
    places = {row["id"]: place for place, row in enumerate(rows)}
    if len(places) < len(rows):
        again = next(row["id"] for place, row in enumerate(rows) if places[row["id"]] != place)
        raise InputError(path, key, f"id {again} is there twice", REMEDY)
    return places


def _corners(where: str, box: list[Any]) -> list[float]:
    try:
        x, y, width, height = map(float, box)
    except (TypeError, ValueError, OverflowError) as why:
        raise InputError(where, "bbox", "no four numbers", REMEDY) from why
    return [x, y, x + width, y + height]


def _folder(path: Path, names: list[str]) -> Path:
    """The first folder that has all the pictures."""
    for folder in _folders(path):
        if all((folder / name).is_file() for name in names):
            return folder
    problem = f"no folder near it has all {len(names)}, {names[0]} first"
    raise InputError(path, "images", problem, "put them in a folder images beside it")


def _folders(path: Path) -> Iterator[Path]:
    """Where the pictures may be."""
    here = path.resolve().parent
    for base in (here, here / "images", here.parent, here.parent / "images"):
        if base.is_dir():
            yield base
            yield from (each for each in sorted(base.iterdir()) if _names(each, path))


def _names(folder: Path, path: Path) -> bool:
    return folder.name in path.stem and folder.is_dir()
