"""Networks as Flax NNX modules, one family per module, all run in one way (`backbone`).

A family is a module with `load(path, *, name, dtype) -> Backbone` and a row below.
"""

import importlib
from pathlib import Path
from typing import Any

from .backbone import Backbone

FAMILIES = {"graph": "graph"}  # name -> module


def load_backbone(family: str, path: Path, *, name: str = "", dtype: Any = "float32") -> Backbone:
    """The network of a weights file; its own name where none is given.

    Raises:
        ValueError: One line that names the file, what is wrong with it and what to do.
    """
    if family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ValueError(f"{path}: family: {family!r} is unknown; use one of {known}")
    module: Any = importlib.import_module(f"{__name__}.{FAMILIES[family]}")
    backbone: Backbone = module.load(path, name=name, dtype=dtype)
    return backbone
