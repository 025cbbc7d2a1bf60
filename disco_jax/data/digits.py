"""The 1,797 handwritten digits that scikit-learn carries: real data that is always there.

8 by 8 pixels of 0..16 as grey pictures of 0..255, UCI's optical recognition of handwritten digits.
The first 1,297 are train, the last 500 test, in the order of the set.
"""

from typing import Any

import numpy as np

from .images import Images

TRAIN = 1297


def read_digits() -> Images:
    """The digits."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as why:
        remedy = "pip install scikit-learn"
        raise ValueError(f"sk_digits: data: scikit-learn is not installed; {remedy}") from why
    found = load_digits()
    pictures = np.round(found.images * (255 / 16)).astype(np.uint8)

    def read(place: int) -> Any:
        from PIL import Image

        return Image.fromarray(pictures[place])

    n = len(pictures)
    return Images(
        name="sk_digits",
        version="1",
        read=read,
        ids=np.arange(n),
        labels=found.target.astype(np.int32),
        splits=np.where(np.arange(n) < TRAIN, "train", "test"),
        class_names=tuple(map(str, range(10))),
    )
