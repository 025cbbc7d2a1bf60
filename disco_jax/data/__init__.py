"""Pictures and what is known of them, from wherever they are: see `open_images`.

PACK.npz (`packs`)    DIR (`folders`)    FILE.csv (`tables`)    tfds:NAME (`tfds_source`)
VOC/ (`voc`)    COCO.json (`coco`)    sk_digits (`digits`)
"""

from pathlib import Path

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


def open_images(source: str, split: str = "all") -> Images:
    """The images that `source` names, those of one split.

    Raises:
        ValueError: One line that names the source, what is wrong with it and what to do.
    """
    return of_split(checked(_read(source, split)), split)


def _read(source: str, split: str) -> Images:
    path = Path(source)
    if source.startswith("tfds:"):
        from .tfds_source import read_tfds

        return read_tfds(source.removeprefix("tfds:"), split)
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
    remedy = "give a pack (.npz), a folder, a .csv, COCO's .json, tfds:NAME or sk_digits"
    raise InputError(source, "data", "not found", remedy)
