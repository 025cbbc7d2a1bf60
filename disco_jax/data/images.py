"""Pictures with what is known of them: the value that every source of data becomes.

    ids (n,)    labels (n,)    targets (n,) or (n, t)    splits (n,), as "train" and "test"
    boxes (m, 4) as x0, y0, x1, y1 in 0..1, each of the picture box_image (m,) and box_labels (m,)

Pictures are read one at a time by place, from any thread. Ids stay with their pictures through
every selection, so that the features of all models line up.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from disco_jax.errors import InputError

ROWS = ("ids", "labels", "targets", "splits")  # one entry per picture


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures by place; sizes in the module docstring."""

    name: str
    version: str  # tells other content from this
    read: Callable[[int], Any]  # place -> PIL image
    ids: np.ndarray
    labels: np.ndarray | None = None
    targets: np.ndarray | None = None
    boxes: np.ndarray | None = None
    box_image: np.ndarray | None = None
    box_labels: np.ndarray | None = None
    splits: np.ndarray | None = None
    class_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: np.ndarray) -> "Images":
        """The pictures at some places, in that order, with their boxes."""
        fields: dict[str, Any] = {
            key: None if (rows := getattr(self, key)) is None else rows[places] for key in ROWS
        }
        if self.boxes is not None and self.box_image is not None:
            moved = np.full(len(self), -1)
            moved[places] = np.arange(len(places))
            of = moved[self.box_image]
            order = np.flatnonzero(of >= 0)
            order = order[np.argsort(of[order], kind="stable")]
            fields |= {"boxes": self.boxes[order], "box_image": of[order]}
            fields["box_labels"] = None if self.box_labels is None else self.box_labels[order]
        read = self.read
        return replace(self, read=lambda place: read(int(places[place])), **fields)


def of_split(images: Images, split: str) -> Images:
    """The pictures of one split; of data without splits everything is "train" and "all"."""
    if split == "all" or (images.splits is None and split == "train"):
        return images
    found = sorted(set(images.splits.tolist())) if images.splits is not None else []
    if split not in found:
        known = ", ".join([*found, "all"])
        raise InputError(images.name, "split", f"there is no {split!r}", f"choose one of {known}")
    return images.take(np.flatnonzero(images.splits == split))


def checked(images: Images) -> Images:
    """The images, if their parts fit together; else a ValueError in one line."""
    n = len(images)
    if n == 0:
        raise InputError(images.name, "images", "there are none", "give one or more")
    for key in ("labels", "targets", "splits"):
        rows = getattr(images, key)
        if rows is not None and len(rows) != n:
            raise InputError(images.name, key, f"{len(rows)} for {n} images", "give one for each")
    if images.boxes is None:
        return images
    _check_boxes(images, images.boxes)
    return images


def _check_boxes(images: Images, boxes: np.ndarray) -> None:
    of, m = images.box_image, len(boxes)
    if boxes.shape != (m, 4) or of is None or of.shape != (m,):
        problem = f"shape {boxes.shape}, box_image {None if of is None else of.shape}"
        raise InputError(images.name, "boxes", problem, "give boxes (m, 4) and box_image (m,)")
    if not m:
        raise InputError(images.name, "boxes", "there are none", "give one or more")
    if images.box_labels is not None and len(images.box_labels) != m:
        problem = f"{len(images.box_labels)} for {m} boxes"
        raise InputError(images.name, "box_label", problem, "give one for each")
    if not 0 <= of.min() <= of.max() < len(images):
        problem = f"from {of.min()} to {of.max()}, of {len(images)} images"
        raise InputError(images.name, "box_image", problem, "count images from 0")
    ordered = (boxes[:, :2] <= boxes[:, 2:]).all(1)
    inside = (boxes >= -0.01).all(1) & (boxes <= 1.01).all(1)  # files round
    if not (fine := ordered & inside).all():
        box = boxes[np.argmin(fine)].tolist()
        raise InputError(
            images.name, "boxes", f"{box} is no x0, y0, x1, y1 in 0..1", "rescale them"
        )
