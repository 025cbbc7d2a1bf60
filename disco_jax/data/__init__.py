"""Pictures and what is known of them, from wherever they are: see `open_images`.

PACK.npz (`packs`)    DIR (`folders`)    FILE.csv (`tables`)    tfds:NAME (`tfds_source`)
VOC/ (`voc`)    COCO.json (`coco`)    sk_digits (`digits`)
hf:FOLDER, FILE.parquet (`arrow_source`)    SHARD.tar, a folder of them (`shards`)
pictures themselves (`iterables`)
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from disco_jax.errors import InputError

from .changing import changed, check_changes
from .decoding import batches
from .digits import read_digits
from .images import Images, checked, of_split
from .packs import read_pack, write_pack
from .preprocessing import Preprocessing, at_most, normalise, resize, standard

__all__ = [
    "Images",
    "Preprocessing",
    "at_most",
    "batches",
    "changed",
    "check_changes",
    "normalise",
    "open_images",
    "read_digits",
    "resize",
    "standard",
    "write_pack",
]


def open_images(source: str | os.PathLike[str] | Iterable[Any], split: str = "all") -> Images:
    """The images that `source` names, those of one split.

    In place of a name: pictures as arrays, one by one or in batches, with labels or without; a
    loader or data set of torch, a generator, a list.

    Raises:
        ValueError: One line that names the source, what is wrong with it and what to do.
    """
    if not isinstance(source, str | os.PathLike):
        from .iterables import read_iterable

        return of_split(checked(read_iterable(source)), split)
    return of_split(checked(_read(os.fspath(source), split)), split)


def _read(source: str, split: str) -> Images:
    path = Path(source)
    if source.startswith("tfds:"):
        from .tfds_source import read_tfds

        return read_tfds(source.removeprefix("tfds:"), split)
    if source.startswith("hf:"):
        from .arrow_source import read_saved

        return read_saved(Path(source.removeprefix("hf:")))
    if path.suffix.lower() == ".parquet" and path.is_file():
        from .arrow_source import read_parquet

        return read_parquet(path)
    shards = sorted(path.glob("*.tar")) if path.is_dir() else [path]
    if shards and shards[0].suffix.lower() == ".tar" and shards[0].is_file():
        from .shards import read_shards

        return read_shards(shards, path.resolve().stem)
    if path.is_dir():
        from .folders import read_folder
        from .voc import is_voc, read_voc

        return read_voc(path, split) if is_voc(path) else read_folder(path)
    if source == "sk_digits":
        return read_digits()
    if path.suffix.lower() == ".npz":
        return read_pack(path)
    if path.suffix.lower() == ".csv":
        from .tables import read_table

        return read_table(path)
    if path.suffix.lower() == ".json":
        from .coco import read_coco

        return read_coco(path)
    remedy = (
        "give a pack (.npz), a folder, .csv, .json (COCO), .parquet, .tar, hf:FOLDER, tfds:NAME"
    )
    raise InputError(source, "data", "not found", remedy)
