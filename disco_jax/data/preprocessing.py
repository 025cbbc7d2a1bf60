"""From a decoded picture to the numbers a network was trained on.

    on the host      uint8 (h, w, 3) RGB --resize--> uint8 (s, s, 3)
    on the device    x = (uint8 - offset) * scale, channels in reverse order first where `bgr`

The whole picture is resized to a square, bilinear and antialiased (PIL's), aspect not kept: nothing
is cut off, and boxes in 0..1 stay where they are. Bytes go to the device, a quarter of the floats.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

RESIZING = "bilinear, antialiased, whole picture to a square"


class Preprocessing(NamedTuple):
    """What a network expects; offset and scale by channel, in the order the network reads them."""

    size: int
    bgr: bool = False
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __str__(self) -> str:
        order = "BGR" if self.bgr else "RGB"
        return f"{self.size} px {RESIZING}; {order} (x - {self.offset}) * {self.scale}"


def resize(picture: Any, size: int) -> np.ndarray:
    """A PIL image as uint8 (size, size, 3)."""
    from PIL import Image

    picture = picture.convert("RGB")
    if picture.size != (size, size):
        picture = picture.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def normalise(images: jax.Array, how: Preprocessing, dtype: Any = jnp.float32) -> jax.Array:
    """Bytes (b, s, s, 3) as the network's input in ``dtype``."""
    wide = jnp.float64 if dtype == jnp.float64 else jnp.float32
    x = (images[..., ::-1] if how.bgr else images).astype(wide)
    offset = jnp.asarray(how.offset, wide)[None, None, None]
    scale = jnp.asarray(how.scale, wide)[None, None, None]
    return ((x - offset) * scale).astype(dtype)
