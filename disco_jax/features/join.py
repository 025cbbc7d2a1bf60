"""Further samples of a model after those at hand."""

from dataclasses import replace
from typing import Any

import numpy as np

from .feature_set import FeatureSet
from .fields import FIELDS


def joined(first: FeatureSet, more: FeatureSet) -> FeatureSet:
    """The samples of both, in memory; what no sample has a row of is as in the first."""
    rows: dict[str, Any] = {
        key: np.concatenate([np.asarray(getattr(each, key)) for each in (first, more)])
        for key, rule in FIELDS.items()
        if rule.rows == "features" and getattr(first, key) is not None
    }
    layers = {
        name: np.concatenate([np.asarray(values), np.asarray(more.layers[name])])
        for name, values in first.layers.items()
    }
    return replace(first, **rows, layers=layers, file="")
