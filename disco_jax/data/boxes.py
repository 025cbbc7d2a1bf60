"""Boxes in pixels, as annotation files have them, as parts of their picture.

Pixels are those of the picture as it is stored, EXIF turns aside. Coordinates are taken as written:
files that count pixels from 1, as VOC's own, put a box at most a pixel off.
"""

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np

from disco_jax.errors import InputError

OVER = 1.0  # pixels beyond the edge that rounding explains, and that are cut off


def in_picture(where: str, corners: Sequence[Any], size: Sequence[Any]) -> np.ndarray:
    """x0, y0, x1, y1 in 0..1, of the same in pixels and the picture's width and height.

    Raises:
        ValueError: One line that begins with `where`.
    """
    remedy = "correct or remove it"
    try:
        (x0, y0, x1, y1), (width, height) = map(float, corners), map(float, size)
    except (TypeError, ValueError, OverflowError) as why:
        problem = "its corners, or the picture's width and height, are no numbers"
        raise InputError(where, "box", problem, remedy) from why
    across = -OVER <= x0 <= x1 <= width + OVER and 0 < width < inf
    down = -OVER <= y0 <= y1 <= height + OVER and 0 < height < inf
    if not (across and down):
        problem = f"{x0:g}, {y0:g} to {x1:g}, {y1:g} is not within {width:g} x {height:g} pixels"
        raise InputError(where, "box", problem, remedy)
    return np.clip(np.divide([x0, y0, x1, y1], [width, height] * 2), 0, 1).astype(np.float32)
