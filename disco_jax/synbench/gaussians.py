"""Images of two classes that are Gaussian, with means that are uniformly brighter or darker.

    x = 1/2 + y s / sqrt(D) + noise,    y = -1 or 1,    noise ~ N(0, I)

x (D,) an image of D = 3 size^2 numbers, black 0 and white 1, clipped nowhere. The means are 2 s
apart, so the best classifier of the images is right with probability Phi(s), whatever the size is.
Classes take turns, so that they are equally large. The noise of a batch depends on seed, split and
place only: networks of one size see the same images, and all scales but for the means.
"""

from collections.abc import Iterator

import numpy as np

BATCH = 64
SPLITS = {"train": 0, "test": 1}


def batches(
    scale: float, size: int, images: int, seed: int, split: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Images (b, size, size, 3) in units of bytes, float32, and their classes 0 and 1."""
    for place, start in enumerate(range(0, images, BATCH)):
        count = min(BATCH, images - start)
        rng = np.random.default_rng([seed, SPLITS[split], place])
        noise = rng.standard_normal((count, size, size, 3), np.float32)
        classes = np.arange(start, start + count) % 2
        mean = 0.5 + (2 * classes - 1) * scale / np.sqrt(3 * size**2)
        yield 255 * (noise + mean[:, None, None, None].astype(np.float32)), classes
