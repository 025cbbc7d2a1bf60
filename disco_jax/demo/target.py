"""Pack the target: `python -m disco_jax.demo.target`. Needs scikit-learn for the digits.

The digits after the first `SOURCE`, with normal noise of deviation `NOISE` on every byte. Of each
class `LABELLED` pictures, drawn by a fixed seed, are the training split, the rest the test split.
"""

import io

import numpy as np
from PIL import Image

from disco_jax.data import Images, read_digits, write_pack
from disco_jax.demo import TARGET

SOURCE = 1000
NOISE = 48.0
LABELLED = 10
META = {
    "classes": [str(digit) for digit in range(10)],
    "source": "Optical Recognition of Handwritten Digits, UCI, doi 10.24432/C50P49, noise added",
    "licence": "CC BY 4.0",
}


def source() -> Images:
    """The pictures that the networks may see."""
    return read_digits().take(np.arange(SOURCE))


def noisy(images: Images, rng: np.random.Generator) -> np.ndarray:
    """Grey pictures (n, 8, 8) with noise."""
    clean = np.stack([np.asarray(images.read(place)) for place in range(len(images))])
    dirty = clean + rng.normal(scale=NOISE, size=clean.shape)
    return np.clip(np.round(dirty), 0, 255).astype(np.uint8)


def main() -> None:
    """Write the pack, pictures as PNG."""
    digits = read_digits()
    images = digits.take(np.arange(SOURCE, len(digits)))
    labels = images.labels
    assert labels is not None
    rng = np.random.default_rng(0)
    files = [_png(picture) for picture in noisy(images, rng)]
    split = np.ones(len(images), np.uint8)
    for digit in range(10):
        split[rng.choice(np.flatnonzero(labels == digit), LABELLED, replace=False)] = 0
    write_pack(TARGET, files, META, label=labels, split=split)


def _png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    main()
