"""What a method tells of sets of models."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Members = tuple[str, ...]


class Judge(NamedTuple):
    """The value of sets, higher is better, and what each sample has to do with it."""

    values: Callable[[Members], dict[str, float]]
    """Of the set with one model more, for every model that could be the best of them."""
    influence: Callable[[Members], np.ndarray]
    """(n,): how the value moves with the weight of a sample, per unit of weight, adding up to 0."""
    submodular: bool = False
    """Whether value + ln(size) is monotone and submodular."""
