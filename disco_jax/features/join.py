"""Further samples of a model after those at hand."""

from dataclasses import replace
from typing import Any

import numpy as np

from .feature_set import FeatureSet
from .fields import FIELDS
from .taken import TakenRows


def joined(first: FeatureSet, more: FeatureSet) -> FeatureSet:
    """The samples of both; what no sample has a row of is as in the first.

    Rows that both took of one stored array stay in their file, all others are then in memory.
    """
    rows: dict[str, Any] = {
        key: _both(getattr(first, key), getattr(more, key))
        for key, rule in FIELDS.items()
        if rule.rows == "features" and getattr(first, key) is not None
    }
    layers = {name: _both(values, more.layers[name]) for name, values in first.layers.items()}
    taken = first.places is not None and more.places is not None and first.file == more.file
    places = np.concatenate([first.places, more.places]) if taken else None
    file = first.file if taken else ""
    return replace(first, **rows, layers=layers, file=file, places=places)


def _both(first: Any, more: Any) -> Any:
    if isinstance(first, TakenRows) and isinstance(more, TakenRows) and first.stored is more.stored:
        return TakenRows(first.stored, np.concatenate([first.places, more.places]))
    return np.concatenate([np.asarray(first), np.asarray(more)])
