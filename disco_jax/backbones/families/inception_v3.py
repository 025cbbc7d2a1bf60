"""Inception v3: eleven blocks of branches, large windows as chains of small ones.

    stem      five convolutions and two max poolings, 299 pixels to 35, 192 wide
    block     its branches joined; a branch is a chain of convolutions, each with bn and relu; some
              chains of the last two blocks end in two convolutions side by side
    features  mean over positions of the last block, 2048 wide; logits: linear

A block that keeps the size has a branch of mean pooling 3x3, padding counted as zeros, and conv
1x1. One that halves it takes the last step of each chain by two, beside maxima of 3x3 / 2. The head
for training only is left out. Pictures are in -1 to 1, as for `googlenet`.

References: Szegedy et al., CVPR 2016; torchvision. Names are torchvision's, and timm's.
"""

import jax
import jax.numpy as jnp
from flax import nnx

from disco_jax.backbones.backbone import Outputs, of_map
from disco_jax.backbones.convolution import max_pool
from disco_jax.backbones.family import HALF, Family
from disco_jax.backbones.modules import ConvNorm, Linear, mean_pool
from disco_jax.data import standard

ONE, THREE, FIVE, ROW, COLUMN = (1, 1), (3, 3), (5, 5), (1, 7), (7, 1)
SIDES = ((1, 3), (3, 1))
THREES = [(64, ONE), (96, THREE), (96, THREE)]

Branches = dict[str, list[tuple]]  # chains of (width, window) or (width, window, one beside it)


def _a(pooled: int) -> Branches:
    return {
        "branch1x1": [(64, ONE)],
        "branch5x5": [(48, ONE), (64, FIVE)],
        "branch3x3dbl": THREES,
        "branch_pool": [(pooled, ONE)],
    }


def _c(inner: int) -> Branches:
    return {
        "branch1x1": [(192, ONE)],
        "branch7x7": [(inner, ONE), (inner, ROW), (192, COLUMN)],
        "branch7x7dbl": [*((inner, window) for window in (ONE, COLUMN, ROW, COLUMN)), (192, ROW)],
        "branch_pool": [(192, ONE)],
    }


B: Branches = {"branch3x3": [(384, THREE)], "branch3x3dbl": THREES}
D: Branches = {
    "branch3x3": [(192, ONE), (320, THREE)],
    "branch7x7x3": [(192, ONE), (192, ROW), (192, COLUMN), (192, THREE)],
}
E: Branches = {
    "branch1x1": [(320, ONE)],
    "branch3x3": [(384, ONE), (384, *SIDES)],
    "branch3x3dbl": [(448, ONE), (384, THREE), (384, *SIDES)],
    "branch_pool": [(192, ONE)],
}
BLOCKS = {
    **{"Mixed_5b": _a(32), "Mixed_5c": _a(64), "Mixed_5d": _a(64)},
    **{"Mixed_6a": B, "Mixed_6b": _c(128), "Mixed_6c": _c(160), "Mixed_6d": _c(160)},
    **{"Mixed_6e": _c(192), "Mixed_7a": D, "Mixed_7b": E, "Mixed_7c": E},
}


class Inception(nnx.Module):
    """Branches joined; the steps of a chain are NAME_1, NAME_2a, ..., of a single one NAME."""

    def __init__(self, inputs: int, branches: Branches) -> None:
        self.halves = "branch_pool" not in branches
        self.width = inputs if self.halves else 0
        chains = []
        for branch, steps in branches.items():
            chain, width = [], inputs
            for place, (outputs, *windows) in enumerate(steps, 1):
                name = f"{branch}_{place}" if len(steps) > 1 else branch
                names = tuple(name + letter for letter in ("ab" if windows[1:] else [""]))
                by_two = self.halves and place == len(steps)
                for side, window in zip(names, windows, strict=True):
                    setattr(self, side, _step(width, outputs, window, by_two))
                chain.append(names)
                width = outputs * len(names)
            chains.append((branch, tuple(chain)))
            self.width += width
        self.chains = tuple(chains)

    def __call__(self, x: jax.Array) -> jax.Array:
        joined = []
        for branch, chain in self.chains:
            y = mean_pool(x, window=3, stride=1, padding=1) if branch == "branch_pool" else x
            for names in chain:
                y = jnp.concatenate([getattr(self, name)(y) for name in names], -1)
            joined.append(y)
        return jnp.concatenate([*joined, _halved(x)] if self.halves else joined, -1)


class InceptionV3(nnx.Module):
    """Layers by name: `Mixed_5b` to `Mixed_7c`."""

    def __init__(self, sizes: None, classes: int | None) -> None:
        self.Conv2d_1a_3x3 = ConvNorm(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = ConvNorm(32, 32, 3)
        self.Conv2d_2b_3x3 = ConvNorm(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = ConvNorm(64, 80)
        self.Conv2d_4a_3x3 = ConvNorm(80, 192, 3)
        width = 192
        for name, branches in BLOCKS.items():
            block = Inception(width, branches)
            setattr(self, name, block)
            width = block.width
        self.fc = Linear(width, classes) if classes else None

    def __call__(self, x: jax.Array) -> Outputs:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = _halved(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(_halved(x))))
        layers = {}
        for name in BLOCKS:
            layers[name] = x = getattr(self, name)(x)
        return of_map(x, self.fc, layers)


def _step(inputs: int, outputs: int, window: tuple[int, int], by_two: bool) -> ConvNorm:
    if by_two:
        return ConvNorm(inputs, outputs, window, stride=2)
    rows, columns = (side // 2 for side in window)
    return ConvNorm(inputs, outputs, window, padding=(rows, rows, columns, columns))


def _halved(x: jax.Array) -> jax.Array:
    return max_pool(x, window=3, stride=2, padding=(0, 0, 0, 0))


FAMILY = Family(
    architectures={"inception_v3": None},
    build=InceptionV3,
    head="fc.bias",
    dialects={"torchvision": ((r"^AuxLogits\..*", ""),)},
    preprocessing=lambda name, sizes: standard(299, shorter=342, interpolation="bilinear", **HALF),
)
