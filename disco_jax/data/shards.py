"""WebDataset's shards: uncompressed .tar files, one or a folder of them.

    KEY.jpg (or another picture)    KEY.cls, the class as text    or KEY.json with `label`

A key ends at the first dot of a name; ids are keys, behind the shard's name where there are several
shards. Pictures are read from where they lie in the shard, nothing is extracted.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .classes import numbered
from .folders import SUFFIXES
from .images import Images

LABEL_BYTES = 2**20
NAMES = ("label", "cls", "class")
Place = tuple[Path, int, int]  # shard, first byte, bytes


def read_shards(shards: Sequence[Path], name: str) -> Images:
    """The pictures of all shards, in the order in which they lie there."""
    places: dict[str, Place] = {}
    labels: dict[str, Any] = {}
    for shard in shards:
        start = f"{shard.stem}/" if len(shards) > 1 else ""
        try:
            _index(shard, start, places, labels)
        except OSError as why:
            problem = f"cannot be read ({why.strerror or why})"
            raise InputError(shard, "file", problem, "give an uncompressed .tar") from why
        except (tarfile.TarError, ValueError, MemoryError, RecursionError) as why:
            problem = f"damaged, or no uncompressed .tar ({why})"[:200]
            raise InputError(shard, "file", problem, "write it again") from why
    keys = list(places)
    lacking = [key for key in keys if key not in labels]
    if lacking and len(lacking) < len(keys):
        remedy = "add KEY.cls, or KEY.json with label, or remove it"
        raise InputError(name, "labels", f"picture {lacking[0]} has none, others have", remedy)
    codes, names = numbered(name, [labels[key] for key in keys]) if not lacking else (None, ())
    told = [f"{key} {place[1:]}" for key, place in places.items()]

    def read(place: int) -> Any:
        from PIL import Image

        shard, first, size = places[keys[place]]
        with open(shard, "rb") as file:
            file.seek(first)
            return Image.open(io.BytesIO(file.read(size)))

    return Images(
        name=name,
        version=hashlib.sha256(repr((told, labels)).encode()).hexdigest(),
        read=read,
        ids=np.array(keys),
        labels=codes,
        class_names=names,
    )


def _index(shard: Path, start: str, places: dict[str, Place], labels: dict[str, Any]) -> None:
    length = shard.stat().st_size
    with tarfile.open(shard, "r:") as archive:
        for member in archive:
            home, _, base = member.name.rpartition("/")
            stem, _, suffix = base.partition(".")
            if not member.isreg() or not stem:
                continue
            key, kind = f"{start}{home}/{stem}".lstrip("/"), f".{suffix.lower()}"
            if member.offset_data + member.size > length:
                raise ValueError(f"{member.name} reaches beyond its end")
            if kind in SUFFIXES:
                if key in places:
                    raise ValueError(f"two pictures of {key}")
                places[key] = shard, member.offset_data, member.size
            elif kind in (".cls", ".json"):
                label = _label(archive, member, kind)
                if label is not None:
                    labels[key] = label
        end = archive.offset
    with open(shard, "rb") as file:  # tarfile stops at a header it cannot read, and says nothing
        file.seek(end)
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise ValueError(f"it has no end, or no header at byte {end}")


def _label(archive: tarfile.TarFile, member: tarfile.TarInfo, kind: str) -> Any:
    if member.size > LABEL_BYTES:
        raise ValueError(f"{member.name} has {member.size} bytes")
    file = archive.extractfile(member)
    assert file is not None
    text = file.read().decode("utf-8")
    if kind == ".cls":
        return text.strip()
    about = json.loads(text)
    found = [about[name] for name in NAMES if name in about] if isinstance(about, dict) else []
    if found and not isinstance(found[0], int | str):
        raise ValueError(f"{member.name}: a label that is neither a number nor text")
    return found[0] if found else None
