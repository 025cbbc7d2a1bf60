"""Labels as they are written, numbered."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from disco_jax.errors import InputError


def numbered(where: object, labels: Sequence[Any]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Integers as they are; of any text, its place among the names in their order."""
    if real := [label for label in labels if isinstance(label, float)]:
        problem = f"real-valued, as {real[-1]}"
        raise InputError(where, "labels", problem, "give classes, or a column target of numbers")
    texts = [str(label) for label in labels]
    if all(text.removeprefix("-").isdecimal() and str(int(text)) == text for text in texts):
        return np.array([int(text) for text in texts], np.int64), ()
    names = sorted(set(texts))
    number = {name: place for place, name in enumerate(names)}
    return np.array([number[text] for text in texts], np.int32), tuple(names)
