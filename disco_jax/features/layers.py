"""Several layers of a model: each is scored as a model of its own.

A feature set with `layers` makes a row `model` of its `features` and a row `model@layer` of every
layer. Rows share all other fields but `source_features` and `source_labels`, which belong to the
features beside them. A file `model@layer` by itself is such a row too: the name alone says whose
layer a row is, by its last @. Rankings can be grouped by model, see `results.order`.
"""

from dataclasses import replace

from .feature_set import FeatureSet


def rows_of(model: str, features: FeatureSet) -> dict[str, FeatureSet]:
    """A feature set for each row that a model makes."""
    rows = {model: replace(features, layers={}, name=model)}
    for layer, values in features.layers.items():
        row = f"{model}@{layer}"
        rows[row] = replace(
            features,
            features=values,
            source_features=None,
            source_labels=None,
            layers={},
            name=row,
            layer=layer,
        )
    return rows
