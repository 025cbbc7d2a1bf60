"""Positions learnt on a grid of n x n patches, for a grid of m x m: bicubic resampling.

    P'[i, j] = sum_kl A[i, k] A[j, l] P[k, l],   A (m, n) by Keys' cubic kernel of a

    row i of A is centred at  (i + 1/2) / r - 1/2,   r = m / n

Libraries differ, and features with them (`Resampling`):

    antialiased   a = -1/2, the kernel 1 / r times as wide where r < 1, each row of A normalised
    plain         a = -3/4, the border repeated
    offset        plain, with r = (m + 0.1) / n

timm's are antialiased, those of transformers plain, those of facebookresearch (DINO, DINOv2) have
the offset, which guarded against a rounding of m.
"""

import math
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from disco_jax.backbones.precision import statistic_dtype

Resampling = Literal["antialiased", "plain", "offset"]


def resampled(positions: jax.Array, size: int, extra: int, how: Resampling) -> jax.Array:
    """Positions (1, extra + n n, w) as (1, extra + size size, w); the ``extra`` are kept."""
    old = math.isqrt(positions.shape[1] - extra)
    if old == size:
        return positions
    wide = statistic_dtype(positions.dtype)
    rows = jnp.asarray(cubic_matrix(size, old, how), wide)
    grid = positions[0, extra:].reshape(old, old, -1).astype(wide)
    grid = jnp.einsum("ik,jl,klw->ijw", rows, rows, grid).astype(positions.dtype)
    return jnp.concatenate([positions[:, :extra], grid.reshape(1, size * size, -1)], 1)


def cubic_matrix(new: int, old: int, how: Resampling) -> np.ndarray:
    """A of the equation above, (new, old)."""
    ratio = (new + (0.1 if how == "offset" else 0)) / old
    centres = (np.arange(new) + 0.5) / ratio - 0.5
    if how == "antialiased":
        weights = _cubic((np.arange(old) - centres[:, None]) * min(ratio, 1), -0.5)
        return weights / weights.sum(1, keepdims=True)
    found = np.zeros((new, old))
    for tap in (-1, 0, 1, 2):
        places = np.floor(centres).astype(int) + tap
        inside = np.clip(places, 0, old - 1)
        np.add.at(found, (np.arange(new), inside), _cubic(places - centres, -0.75))
    return found


def _cubic(distance: np.ndarray, a: float) -> np.ndarray:
    """Keys' kernel: 1 at 0, 0 at all other integers, nothing beyond 2."""
    x = np.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = a * (((x - 5) * x + 8) * x - 4)
    return np.where(x < 1, near, np.where(x < 2, far, 0))
