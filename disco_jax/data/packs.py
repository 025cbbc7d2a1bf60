"""Image packs: one .npz with the JPEG or PNG files of a whole set end to end, nothing unpickled.

    jpeg (bytes,) uint8    offset (n + 1,): file i is jpeg[offset[i]:offset[i + 1]]
    label (n,)    split (n,), 0 train and 1 test    targets (n, t)
    boxes (m, 4)    box_image (m,)    box_label (m,)
    meta, JSON as bytes: `classes`, their names

Everything but jpeg and offset may be absent. Labels that are all the same class are left out: they
are a placeholder of sets made for another task.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.atomic import replacing
from disco_jax.errors import InputError

from .images import Images

REMEDY = "give an image pack (.npz with jpeg and offset)"
SPLITS = np.array(["train", "test"])


def read_pack(path: Path) -> Images:
    """The images of a pack; their files stay in memory, packed."""
    try:
        raw = path.read_bytes()
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except OSError as why:
        raise InputError(path, "file", f"cannot be read ({why.strerror})", REMEDY) from why
    except (ValueError, EOFError, TypeError, zipfile.BadZipFile) as why:
        raise InputError(path, "file", "damaged, or no .npz of plain arrays", REMEDY) from why
    for key in ("jpeg", "offset"):
        if key not in arrays:
            raise InputError(path, key, "missing", REMEDY)
    data, offset = arrays["jpeg"], arrays["offset"]
    if data.dtype != np.uint8 or data.ndim != 1 or not _climbs(offset, len(data)):
        raise InputError(path, "offset", f"does not divide the {len(data)} bytes", REMEDY)
    n = len(offset) - 1
    labels, split = arrays.get("label"), arrays.get("split")
    if labels is not None and (labels == labels.reshape(-1)[:1]).all():
        labels = None
    if split is not None and not np.isin(split, (0, 1)).all():
        raise InputError(path, "split", "other values than 0 and 1", "0 is train and 1 test")

    def read(place: int) -> Any:
        from PIL import Image

        return Image.open(io.BytesIO(data[offset[place] : offset[place + 1]].tobytes()))

    return Images(
        name=path.stem,
        version=hashlib.sha256(raw).hexdigest(),
        read=read,
        ids=np.arange(n),
        labels=labels,
        targets=arrays.get("targets"),
        boxes=arrays.get("boxes"),
        box_image=arrays.get("box_image"),
        box_labels=arrays.get("box_label"),
        splits=None if split is None else SPLITS[split],
        class_names=_class_names(path, arrays),
    )


def write_pack(path: Path, files: Sequence[bytes], meta: Mapping[str, Any], **arrays: Any) -> None:
    """Write a pack of encoded pictures, with `label`, `split` or others of the arrays above."""
    with replacing(path) as file:
        np.savez(
            file,
            jpeg=np.frombuffer(b"".join(files), np.uint8),
            offset=np.cumsum([0, *map(len, files)]),
            **arrays,
            meta=np.frombuffer(json.dumps(meta).encode(), np.uint8),
        )


def _climbs(offset: np.ndarray, size: int) -> bool:
    return bool(
        offset.ndim == 1
        and len(offset) > 1
        and offset.dtype.kind in "iu"
        and offset[0] == 0
        and offset[-1] == size
        and (offset[1:] >= offset[:-1]).all()
    )


def _class_names(path: Path, arrays: dict[str, np.ndarray]) -> tuple[str, ...]:
    if "meta" not in arrays:
        return ()
    try:
        return tuple(map(str, json.loads(arrays["meta"].tobytes()).get("classes", ())))
    except (ValueError, AttributeError, TypeError) as why:
        raise InputError(path, "meta", "not a JSON object", REMEDY) from why
