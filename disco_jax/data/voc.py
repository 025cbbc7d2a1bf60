"""Boxes in the format of PASCAL VOC (Everingham et al. 2010), a picture and an XML file each.

    DIR/JPEGImages/7.jpg    DIR/Annotations/7.xml    DIR/ImageSets/Main/train.txt, "7" in a line

    <annotation> <size> <width>500</width> <height>375</height> </size>
      <object> <name>dog</name> <difficult>0</difficult>
        <bndbox> <xmin>48</xmin> <ymin>240</ymin> <xmax>195</xmax> <ymax>371</ymax> </bndbox>

A split is a list in ImageSets/Main; `all` is every annotation. Classes are numbered in the order of
their names, over all annotations, so that splits agree. Objects marked as difficult are left out,
as in VOC's own evaluation. A picture may have no object; one without an annotation takes no part.
XML with a document type is refused: nothing is expanded.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np

from disco_jax.errors import InputError

from .boxes import in_picture
from .folders import SUFFIXES, open_picture
from .images import Images

ANNOTATIONS, PICTURES, SPLITS = Path("Annotations"), Path("JPEGImages"), Path("ImageSets/Main")


class _Annotated(NamedTuple):
    names: list[str]
    boxes: list[np.ndarray]


class _Plain(ElementTree.TreeBuilder):
    """A tree without entities: those are declared in a document type."""

    def doctype(self, *_: Any) -> None:
        raise ValueError("has a document type")


def is_voc(folder: Path) -> bool:
    """Whether a folder looks like VOC's."""
    return (folder / ANNOTATIONS).is_dir() and (folder / PICTURES).is_dir()


def read_voc(folder: Path, split: str) -> Images:
    """The pictures of one split, or all of them, with their boxes."""
    files = {each.stem: each for each in sorted((folder / ANNOTATIONS).glob("*.xml"))}
    pictures = {
        each.stem: each
        for each in sorted((folder / PICTURES).iterdir())
        if each.suffix.lower() in SUFFIXES
    }
    splits = sorted((folder / SPLITS).glob("*.txt"))
    listed = list(files) if split == "all" or not splits else _listed(folder, split, splits)
    for name in listed:
        for place, found in ((ANNOTATIONS, files), (PICTURES, pictures)):
            if name not in found:
                raise InputError(
                    folder, str(place), f"nothing for {name}", f"add it, or remove {name}"
                )
    digest = hashlib.sha256()
    annotated = {}
    for name, file in files.items():
        if name in pictures:
            annotated[name] = _read(file, pictures[name], digest)
    classes = sorted({name for each in annotated.values() for name in each.names})
    number = {name: place for place, name in enumerate(classes)}
    mine = [annotated[name] for name in listed]
    boxes = [box for each in mine for box in each.boxes]
    digest.update(repr([(n, pictures[n].stat().st_size) for n in listed]).encode())
    return Images(
        name=folder.resolve().name,
        version=digest.hexdigest(),
        read=lambda place: open_picture(pictures[listed[place]]),
        ids=np.array(listed),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        box_image=np.repeat(np.arange(len(mine)), [len(each.boxes) for each in mine]),
        box_labels=np.array([number[name] for each in mine for name in each.names], np.int32),
        splits=np.full(len(listed), split) if splits else None,
        class_names=tuple(classes),
    )


def _listed(folder: Path, split: str, splits: Sequence[Path]) -> list[str]:
    """The names of the pictures of a split."""
    path = folder / SPLITS / f"{split}.txt"
    if path not in splits:
        known = ", ".join([each.stem for each in splits if "_" not in each.stem] + ["all"])
        raise InputError(folder, "split", f"there is no {split!r}", f"choose one of {known}")
    try:
        lines = [line.split() for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValueError) as why:
        raise InputError(path, "file", f"cannot be read ({why})", "list names of pictures") from why
    if bad := next((i for i, line in enumerate(lines, 1) if len(line) > 1), None):
        raise InputError(path, f"line {bad}", "more than one word", "list one picture per line")
    return [line[0] for line in lines if line]


def _read(path: Path, picture: Path, digest: Any) -> _Annotated:
    try:
        raw = path.read_bytes()
        root = ElementTree.fromstring(raw, ElementTree.XMLParser(target=_Plain()))
    except OSError as why:
        raise InputError(path, "file", f"cannot be read ({why.strerror})", "make it so") from why
    except (ElementTree.ParseError, ValueError, LookupError) as why:
        raise InputError(path, "file", f"no XML of VOC ({why})", "save it again") from why
    digest.update(path.name.encode() + raw)
    found = _Annotated([], [])
    for place, thing in enumerate(root.iter("object"), 1):
        where = f"{path}: object {place}"
        name = (thing.findtext("name") or "").strip()
        if not name:
            raise InputError(where, "name", "missing", "add the class of the box")
        if (thing.findtext("difficult") or "0").strip() != "0":
            continue
        corners = [thing.findtext(f"bndbox/{key}") for key in ("xmin", "ymin", "xmax", "ymax")]
        found.names.append(name)
        found.boxes.append(in_picture(where, corners, _size(root, picture)))
    return found


def _size(root: ElementTree.Element, picture: Path) -> Sequence[Any]:
    """Width and height by the annotation, or by the picture where it has none."""
    told = root.findtext("size/width"), root.findtext("size/height")
    return told if all((each or "0").strip() != "0" for each in told) else _measured(picture)


def _measured(picture: Path) -> tuple[int, int]:
    try:
        return open_picture(picture).size
    except OSError as why:
        raise InputError(picture, "images", f"cannot be decoded ({why})", "replace it") from why
