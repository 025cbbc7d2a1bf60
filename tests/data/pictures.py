"""Small pictures that tell which one they are, and packs of them."""

import io
import json

import numpy as np
from PIL import Image

COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [250, 250, 0], [0, 250, 250]], np.uint8)


def pixels(place, size=(9, 7)):
    """One colour all over, a little noise."""
    rng = np.random.default_rng(place)
    colour = COLOURS[place % len(COLOURS)].astype(np.int16)
    noisy = colour + rng.integers(-8, 9, (*size, 3), dtype=np.int16)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def encoded(place, form="PNG"):
    file = io.BytesIO()
    Image.fromarray(pixels(place)).save(file, form)
    return file.getvalue()


def save_pack(path, n=10, *, files=None, **fields):
    """A pack of `n` pictures, PNG so that pixels come back exactly."""
    files = [encoded(place) for place in range(n)] if files is None else files
    np.savez(
        path,
        jpeg=np.frombuffer(b"".join(files), np.uint8),
        offset=np.cumsum([0, *map(len, files)]),
        **{"label": np.arange(n, dtype=np.int32) % 5, **fields},
        meta=np.frombuffer(json.dumps({"classes": ["a", "b", "c", "d", "e"]}).encode(), np.uint8),
    )
    return path
