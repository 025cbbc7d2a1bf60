"""Whatever somebody has of a model as a feature set.

a path          `files`
batches         `batches`
a frame         `frames`
anything else   an array of features, see `arrays`
"""

import os
from typing import Any

from .batches import gathered, is_batches
from .feature_set import FeatureSet
from .files import read_features
from .frames import fields_of_frame
from .tokens import pooled


def feature_set_of(name: str, given: Any, pool: str | None = None) -> FeatureSet:
    """The feature set; `pool` says what to make of the features of tokens, see `tokens`."""
    if isinstance(given, FeatureSet):
        return given
    if isinstance(given, str | os.PathLike):
        return read_features(given, pool=pool)
    if is_batches(given):
        return gathered(name, given, pool)
    fields = fields_of_frame(name, given) or {"features": given}
    fields["features"] = pooled(fields["features"], pool)
    return FeatureSet(**fields, name=name)
