"""Pictures and networks small enough to train in a test."""

import jax.numpy as jnp
import numpy as np
from PIL import Image

from disco_jax.backbones import of_function
from disco_jax.backbones.convolution import conv, relu_sum
from disco_jax.data import Images, standard

SIZE = 8


def pictures(n=120, classes=3, seed=0, **fields):
    """Each class has its own bright corner; targets are how bright, boxes where."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    bright = rng.integers(140, 256, n)
    x = rng.integers(0, 90, (n, SIZE, SIZE, 3)).astype(np.uint8)
    for i, label in enumerate(labels):
        row, column = divmod(int(label), 2)
        x[i, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = bright[i]
    of = {
        "name": "corners",
        "version": f"{seed}",
        "read": lambda place: Image.fromarray(x[place]),
        "ids": np.arange(n),
        "labels": labels,
        "splits": np.where(np.arange(n) % 4 == 3, "test", "train"),
    }
    return Images(**{**of, **fields})


def brightness(n=120):
    kinds = np.arange(n) % 3
    return np.stack([kinds, kinds == 1], 1).astype(float)


def network(name="small", seed=0, width=6):
    """A convolution, two residual blocks, and the mean over positions with the position in it."""
    rng = np.random.default_rng(seed)

    def kernel(*shape):
        return (rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32)

    weights = {
        "stem": kernel(3, 3, 3, width),
        "first": kernel(3, 3, width, width),
        "last": kernel(3, 3, width, width),
        "scale": np.ones(width, np.float32),
    }

    def apply(w, x):
        x = jnp.maximum(conv(x, w["stem"], None, stride=(2, 2)), 0)
        for block in ("first", "last"):
            x = relu_sum(conv(x, w[block] * w["scale"][None, None, None], None), x)
        return x.reshape(len(x), -1)

    how = standard(
        SIZE, shorter=None, interpolation="bilinear", mean=(0.5,) * 3, deviation=(0.25,) * 3
    )
    return of_function(name, apply, weights, how)
