"""Pictures decoded and resized in threads, ahead of the accelerator.

PIL gives up Python's lock while it decodes and resizes, so threads do. `AHEAD` batches per
thread are in the making while one is used; memory is theirs and no more.

A photograph whose EXIF data say that the camera was held sideways is turned upright first. Pictures
of data with boxes are taken as they are stored: the files that boxes come from (VOC, COCO, TFDS)
count stored pixels.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from disco_jax.errors import InputError

from .images import Images
from .preprocessing import Preprocessing, resize

AHEAD = 2


def batches(images: Images, how: Preprocessing, batch: int) -> Iterator[np.ndarray]:
    """uint8 (b, s, s, 3) of all pictures in their order; the last one may be short."""

    def made(start: int) -> np.ndarray:
        places = range(start, min(start + batch, len(images)))
        return np.stack([_decoded(images, place, how) for place in places])

    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        starts = iter(range(0, len(images), batch))
        coming: deque[Future[np.ndarray]] = deque()
        ahead = AHEAD * workers
        try:
            while True:
                while len(coming) < ahead and (start := next(starts, None)) is not None:
                    coming.append(pool.submit(made, start))
                if not coming:
                    return
                yield coming.popleft().result()
        finally:
            for each in coming:
                each.cancel()


def _decoded(images: Images, place: int, how: Preprocessing) -> np.ndarray:
    from PIL import ImageOps

    try:
        picture = images.read(place)
        if images.boxes is None:
            picture = ImageOps.exif_transpose(picture)
        return resize(picture, how)
    except Exception as why:  # a damaged file can make a decoder raise anything
        problem = f"image {images.ids[place]} cannot be decoded ({why})"
        raise InputError(images.name, "images", problem, "remove or replace it") from why
