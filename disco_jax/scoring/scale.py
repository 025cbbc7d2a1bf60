"""Features and targets brought to where float32 can square and sum them."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from disco_jax.features import SCALES, TARGET_SCALES, alike


def rescaling(magnitude: float, scales: tuple[float, float] = SCALES) -> float:
    """The power of two that brings features of extreme magnitude to where float32 can square them.

    Scores that depend on scale have reached their limit long before.
    """
    low, high = scales
    if magnitude == 0 or low <= magnitude <= high:
        return 1.0
    return 2.0 ** min(1000, -round(math.log2(magnitude / (high if magnitude > high else low))))


def narrow_targets(targets: Any) -> np.ndarray:
    """Targets or boxes in float32, brought to where their squares can be summed.

    Columns that float32 would round to almost one number lose their mean first.
    """
    wide = np.asarray(targets).astype(np.float64)
    wide = wide * rescaling(float(np.abs(wide).max()), TARGET_SCALES)
    offset = np.where(alike(wide.min(0), wide.max(0)), wide.mean(0), 0)
    return (wide - offset).astype(np.float32)


def to_float32(tree: Any) -> Any:
    """A tree of arrays, those in float64 as float32."""
    return jax.tree.map(
        lambda leaf: leaf.astype(jnp.float32) if leaf.dtype == jnp.float64 else leaf, tree
    )
