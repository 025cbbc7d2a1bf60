"""Source tasks: what a network can be asked about the source digits.

A task makes pictures x uint8 (m, 8, 8) and classes y (m,) of the digits, (n, 8, 8) and (n,). Some
are close to the target (which digit is it?), some are far from it, and one teaches nothing. Where a
transformation is drawn at random, every digit is there in four drawings.
"""

from collections.abc import Callable

import numpy as np

COPIES = 4

Pictures = tuple[np.ndarray, np.ndarray]
Task = Callable[[np.ndarray, np.ndarray, np.random.Generator], Pictures]


def digits(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Pictures:
    """Which digit is it?"""
    return x, y


def inverted(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Pictures:
    """Which digit is it, dark on bright?"""
    return 255 - x, y


def rotated(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Pictures:
    """Which digit is it, turned by 0, 90, 180 or 270 degrees?"""
    turned, _ = rotation(x, y, rng)
    return turned, np.tile(y, COPIES)


def rotation(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Pictures:
    """How far is it turned?"""
    turns = rng.integers(4, size=COPIES * len(x))
    copies = np.tile(x, (COPIES, 1, 1))
    return np.stack([np.rot90(each, k) for each, k in zip(copies, turns, strict=True)]), turns


def occluded(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Pictures:
    """Which digit is it, a square of 4 by 4 pixels hidden?"""
    copies = np.tile(x, (COPIES, 1, 1))
    for each, (row, column) in zip(copies, rng.integers(5, size=(len(copies), 2)), strict=True):
        each[row : row + 4, column : column + 4] = 0
    return copies, np.tile(y, COPIES)


def parity(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Pictures:
    """Is it odd?"""
    return x, y % 2


def pairs(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Pictures:
    """Is the sum of two digits, one on top of the other, odd?"""
    ones, others = np.tile(np.arange(len(x)), COPIES), rng.integers(len(x), size=COPIES * len(x))
    return np.maximum(x[ones], x[others]), (y[ones] + y[others]) % 2


def shuffled(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Pictures:
    """Which class was drawn for it?"""
    return x, rng.permutation(y)
