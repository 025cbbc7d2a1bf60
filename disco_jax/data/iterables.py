"""Pictures that a program has: a torch loader or data set, a generator, a list of arrays.

Each is a picture or a batch of them, alone or as (pictures, labels): uint8 (h, w, 3) or (3, h, w),
floats in 0..1 of the same shapes, (h, w) in grey, or PIL's own. They are gone through once and kept
in memory as bytes, since every network sees them all again.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .classes import numbered
from .images import Images

WHERE = "the pictures given"
REMEDY = "give uint8, or floats in 0..1, (h, w, 3) or (3, h, w), before any normalisation"


def read_iterable(given: Iterable[Any]) -> Images:
    """All pictures, kept."""
    kept: list[np.ndarray] = []
    labels: list[Any] = []
    for batch in _all(given):
        pictures, own = (
            batch if isinstance(batch, tuple | list) and len(batch) == 2 else (batch, None)
        )
        arrays = [*_pictures(pictures, len(kept))]
        kept += arrays
        if own is not None:
            own = np.asarray(own).reshape(-1).tolist()
            if len(own) != len(arrays):
                problem = f"{len(own)} for {len(arrays)} pictures, from picture {len(kept)} on"
                raise InputError(WHERE, "labels", problem, "give one for each")
            labels += own
    if labels and len(labels) != len(kept):
        raise InputError(WHERE, "labels", f"{len(labels)} for {len(kept)}", "give one for each")
    digest = hashlib.sha256(repr(labels).encode())
    for picture in kept:
        digest.update(repr(picture.shape).encode() + picture.tobytes())
    codes, names = numbered(WHERE, labels) if labels else (None, ())

    def read(place: int) -> Any:
        from PIL import Image

        return Image.fromarray(kept[place])

    return Images(
        name="given",
        version=digest.hexdigest(),
        read=read,
        ids=np.arange(len(kept)),
        labels=codes,
        class_names=names,
    )


def _all(given: Any) -> Iterator[Any]:
    """Whatever it gives; a data set of torch's is asked for one after the other."""
    if hasattr(given, "__getitem__") and hasattr(given, "__len__"):
        return (given[place] for place in range(len(given)))
    if not hasattr(given, "__iter__"):
        raise InputError(WHERE, "data", f"a {type(given).__name__}", "give pictures, or their path")
    return iter(given)


def _pictures(given: Any, place: int) -> Iterator[np.ndarray]:
    """The pictures of a batch, or the one there is, as bytes (h, w, 3)."""
    if hasattr(given, "convert"):
        given = given.convert("RGB")
    try:
        array = np.asarray(given.numpy(force=True) if hasattr(given, "numpy") else given)
    except (TypeError, ValueError, RuntimeError) as why:
        raise InputError(WHERE, f"picture {place}", f"no array ({why})"[:200], REMEDY) from why
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.ndim not in (3, 4):
        raise InputError(WHERE, f"picture {place}", f"shape {array.shape}", REMEDY)
    for number, picture in enumerate(array if array.ndim == 4 else array[None], place):
        if picture.shape[2] != 3 and picture.shape[0] == 3:
            picture = picture.transpose(1, 2, 0)
        if picture.shape[2] != 3 or 0 in picture.shape:
            raise InputError(WHERE, f"picture {number}", f"shape {picture.shape}", REMEDY)
        yield _bytes(picture, number)


def _bytes(picture: np.ndarray, number: int) -> np.ndarray:
    if picture.dtype == np.uint8:
        return np.array(picture)
    if picture.dtype.kind != "f":
        raise InputError(WHERE, f"picture {number}", f"dtype {picture.dtype}", REMEDY)
    lowest, highest = float(picture.min()), float(picture.max())
    if not (lowest >= 0 and highest <= 1):
        problem = f"numbers from {lowest:.3g} to {highest:.3g}"
        raise InputError(WHERE, f"picture {number}", problem, REMEDY)
    return np.rint(picture * 255).astype(np.uint8)
