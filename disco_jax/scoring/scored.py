"""What a run finds of one model, and where finished models are kept."""

from typing import NamedTuple, Protocol

import numpy as np

from disco_jax.features import FeatureSet

from .buckets import Shapes

Found = dict[str, dict[str, np.ndarray]]  # spec -> field -> value, of one model


class Scored(NamedTuple):
    """What is known of one model after its run."""

    results: Found
    resampled: Found  # the same with a leading axis of resamples; empty without
    warnings: tuple[str, ...]


class Store(Protocol):
    """Where finished models are kept between runs."""

    def get(self, model: str, features: FeatureSet, shapes: Shapes) -> Scored | None:
        """What an earlier run found, if it asked for the same of the same data."""

    def put(self, model: str, features: FeatureSet, shapes: Shapes, scored: Scored) -> None:
        """Keep what was found."""
