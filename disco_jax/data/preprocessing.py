"""From a decoded picture to the numbers a network was trained on.

    on the host      uint8 (h, w, 3) RGB --resize--> uint8 (s, s, 3)
    on the device    x = (uint8 - offset) * scale, channels in reverse order first where `bgr`

Either the whole picture is resized to a square, aspect not kept: nothing is cut off, and boxes in
0..1 stay where they are. Or, with `shorter`, its shorter side is resized to that many pixels, the
longer one in proportion, rounded down, and the centre (s, s) is kept; an odd rest is split as
Python rounds its half. PIL resizes, antialiased, so both are what torchvision makes of PIL images
bit for bit: `Resize((s, s))`, and `Resize(shorter)` with `CenterCrop(s)`. Without `aspect` both
sides become `shorter` before the crop, as some of transformers' processors have it.

Bytes go to the device, a quarter of the floats.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

INTERPOLATIONS = ("bilinear", "bicubic")  # PIL's names in lower case


class Preprocessing(NamedTuple):
    """What a network expects; offset and scale by channel, in the order the network reads them."""

    size: int
    bgr: bool = False
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shorter: int | None = None  # None: the whole picture
    interpolation: str = "bilinear"
    aspect: bool = True  # kept, where there is a shorter side

    def __str__(self) -> str:
        part = "whole picture to a square"
        if self.shorter is not None:
            part = f"{'shorter side' if self.aspect else 'both sides'} to {self.shorter} px, centre"
        order = "BGR" if self.bgr else "RGB"
        resizing = f"{self.size} px {self.interpolation}, antialiased, {part}"
        return f"{resizing}; {order} (x - {self.offset}) * {self.scale}"


def standard(
    size: int,
    *,
    shorter: int | None,
    interpolation: str,
    mean: Sequence[float],
    deviation: Sequence[float],
) -> Preprocessing:
    """The preprocessing that torchvision, timm and Hugging Face write (x / 255 - mean) / deviation.

    timm's crop fraction is ``shorter = math.floor(size / crop_pct)``.

    Raises:
        ValueError: One line, where it is none that `resize` and `normalise` know.
    """
    if interpolation not in INTERPOLATIONS:
        known = " or ".join(INTERPOLATIONS)
        raise ValueError(f"preprocessing: interpolation: {interpolation!r} is unknown; use {known}")
    if shorter is not None and shorter < size:
        problem = f"{shorter} px hold no centre of {size} px"
        raise ValueError(f"preprocessing: shorter side: {problem}; give {size} or more")
    if len(mean) != 3 or len(deviation) != 3 or not min(deviation) > 0:
        problem = f"mean {mean}, deviation {deviation}"
        raise ValueError(f"preprocessing: {problem}; give three of each, deviations above 0")
    (a, b, c), (d, e, f) = mean, deviation
    offset = (255.0 * a, 255.0 * b, 255.0 * c)
    scale = (1 / (255.0 * d), 1 / (255.0 * e), 1 / (255.0 * f))
    return Preprocessing(size, False, offset, scale, shorter, interpolation)


def at_most(how: Preprocessing, pixels: int | None) -> Preprocessing:
    """The same for pictures of so many pixels, if they are fewer; cut in proportion as before."""
    if pixels is None or pixels >= how.size:
        return how
    shorter = None if how.shorter is None else max(pixels, how.shorter * pixels // how.size)
    return how._replace(size=pixels, shorter=shorter)


def resize(picture: Any, how: Preprocessing) -> np.ndarray:
    """A PIL image as uint8 (size, size, 3)."""
    from PIL import Image

    picture, size = picture.convert("RGB"), how.size
    side = how.shorter or size
    kept = how.aspect and how.shorter is not None
    whole = _in_proportion(picture.size, side) if kept else (side, side)
    if picture.size != whole:
        picture = picture.resize(whole, Image.Resampling[how.interpolation.upper()])
    left, top = (round((side - size) / 2) for side in whole)
    return np.asarray(picture)[top : top + size, left : left + size]


def _in_proportion(sides: tuple[int, int], shorter: int) -> tuple[int, int]:
    """Width and height scaled so that the shorter one is ``shorter``."""
    width, height = (int(shorter * side / min(sides)) for side in sides)
    return width, height


def normalise(images: jax.Array, how: Preprocessing, dtype: Any = jnp.float32) -> jax.Array:
    """Bytes (b, s, s, 3) as the network's input in ``dtype``."""
    wide = jnp.float64 if dtype == jnp.float64 else jnp.float32
    x = (images[..., ::-1] if how.bgr else images).astype(wide)
    offset = jnp.asarray(how.offset, wide)[None, None, None]
    scale = jnp.asarray(how.scale, wide)[None, None, None]
    return ((x - offset) * scale).astype(dtype)
