"""Labels for a whole hub from one file.

.npy           an array (n,), or (n, L) of 0 and 1; never unpickled
.txt or .csv   one label per line, integers or any text; a first line `label` is a header
"""

from pathlib import Path

import numpy as np

from .features import FeatureError

REMEDY = "give an .npy array, or a .txt or .csv file with one label per line"


def read_labels(path: Path) -> np.ndarray:
    """The labels of a file, integers where all of them are."""
    if path.suffix.lower() not in (".npy", ".txt", ".csv"):
        raise FeatureError(str(path), "labels", f"suffix {path.suffix!r}", REMEDY)
    try:
        if path.suffix.lower() == ".npy":
            return np.asarray(np.load(path, allow_pickle=False))
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as why:
        raise FeatureError(str(path), "labels", f"cannot be read ({why.strerror})", REMEDY) from why
    except (ValueError, EOFError) as why:
        raise FeatureError(str(path), "labels", "neither text nor an array", REMEDY) from why
    values = [line.strip() for line in lines]
    while values and not values[-1]:
        values.pop()
    if values and values[0].casefold() in ("label", "labels"):
        values = values[1:]
    if "" in values:
        line = values.index("") + 1
        raise FeatureError(str(path), "labels", f"label {line} is empty", "fill it in")
    if not values:
        raise FeatureError(str(path), "labels", "no labels in it", REMEDY)
    try:
        return np.array([int(value) for value in values])
    except (ValueError, OverflowError):
        return np.array(values)
