"""What a metric is given of a problem, and changes of it that a score must not see.

features (n, d)    labels (n,) or targets (n, 2)    logits (n, 7)    where (n,)    width ()
source_features (50, d)    source_labels (50,)
"""

import numpy as np

from .problems import Problem

Given = dict[str, np.ndarray]
WHOLE = ("width", "source_features", "source_labels")  # no rows of samples
SAMPLES, SPARE_ROWS, SPARE_COLUMNS = 50, 20, 4


def given(row: Problem, task: str, features: np.ndarray | None = None) -> Given:
    """The arrays of a problem for a task, perhaps with other features."""
    x, labels, targets = row.arrays
    x = x if features is None else features.astype(np.float32)
    n, d = x.shape
    heads = np.random.default_rng(7).normal(size=(row.num_classes, 7))[labels]
    logits = heads + np.random.default_rng(8).normal(size=(n, 7))
    source = np.random.default_rng(9).normal(size=(SAMPLES, d)) * np.linspace(1, 2, d)
    return {
        "features": x,
        "logits": logits.astype(np.float32),
        "source_features": source.astype(np.float32),
        "source_labels": np.arange(SAMPLES, dtype=np.int32) % 3,
        **({"targets": targets} if task == "regression" else {"labels": labels}),
        "where": np.ones(n, bool),
        "width": np.asarray(d, np.int32),
    }


def permuted(arrays: Given, order: np.ndarray) -> Given:
    """The samples at some places, in that order."""
    return {name: a if name in WHOLE else a[order] for name, a in arrays.items()}


def renamed(arrays: Given) -> Given:
    """The same classes by other numbers."""
    return arrays | {"labels": np.array([3, 0, 4, 1, 2], np.int32)[arrays["labels"]]}


def cut(arrays: Given) -> Given:
    """Without the last rows and columns."""
    rows, columns = (size - spare for size, spare in _sizes(arrays))
    short = permuted(arrays, np.arange(rows))
    short |= {name: short[name][:, :columns] for name in ("features", "source_features")}
    return short | {"width": np.asarray(columns, np.int32)}


def padded(arrays: Given) -> Given:
    """The same as arrays of the former size: masked rows of anything, and columns of zeros."""
    rows, columns = (size - spare for size, spare in _sizes(arrays))
    whole = {name: np.copy(array) for name, array in arrays.items()}
    whole["features"][rows:], whole["features"][:, columns:] = np.nan, 0
    whole["source_features"][:, columns:] = 0
    whole["logits"][rows:] = np.inf
    if "labels" in whole:
        whole["labels"][rows:] = -7
    else:
        whole["targets"][rows:] = np.nan
    whole["where"][rows:] = False
    return whole | {"width": np.asarray(columns, np.int32)}


def _sizes(arrays: Given) -> tuple[tuple[int, int], tuple[int, int]]:
    n, d = arrays["features"].shape
    return (n, SPARE_ROWS), (d, SPARE_COLUMNS)


def repeated(arrays: Given) -> tuple[Given, Given]:
    """Half of the samples twice: as rows of their own, and as weights with rows of weight 0."""
    n = len(arrays["where"])
    rows = permuted(arrays, np.append(np.arange(n), np.arange(n // 2)))
    weights = np.repeat(np.array([2, 1, 0], np.int32), [n // 2, n - n // 2, n // 2])
    return rows | {"where": np.ones(len(weights), np.int32)}, rows | {"where": weights}


def apart(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the size or, below 1, to 1; NaN where one is."""
    value, other = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    with np.errstate(invalid="ignore"):
        return float(np.max(np.abs(value - other) / np.maximum(1, np.abs(other)), initial=0))
