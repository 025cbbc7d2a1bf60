"""Features of boxes: the mean of a feature map over each box.

    f = sum_ij a_i b_j cells_ij / sum_ij a_i b_j

for cells (h, w, d), where a_i is how much of row i of cells the box covers and b_j how much of
column j. It is the exact mean of the map, constant in each cell, over the box; no sampling points.
A box narrower than a cell is widened to one about its middle, where the mean is the bilinear
interpolation. What lies outside the map does not count.

One matrix product of weights (m, b h w), zero for the other maps, with all cells (b h w, d). It has
2 m b h w d operations, b times as many as are needed, and is still faster on a CPU than gathering
the map of each box.

The mean over the part of the map that a box covers is the exact form of the averages of RoIAlign,
He et al. 2017, arXiv 1703.06870, with a single bin.
"""

import jax
import jax.numpy as jnp
from jax import lax


def pool_boxes(cells: jax.Array, boxes: jax.Array, of: jax.Array) -> jax.Array:
    """Features (m, d) of ``boxes`` (m, 4) as x0, y0, x1, y1 in 0..1, each of the map ``of`` (m,).

    The maps are ``cells`` (b, h, w, d).
    """
    b, h, w, d = cells.shape
    rows, columns = _cover(boxes[:, 1], boxes[:, 3], h), _cover(boxes[:, 0], boxes[:, 2], w)
    own = jax.nn.one_hot(of, b, dtype=rows.dtype)
    weights = own[:, :, None, None] * rows[:, None, :, None] * columns[:, None, None, :]
    flat = weights.reshape(-1, b * h * w).astype(cells.dtype)
    return jnp.matmul(flat, cells.reshape(-1, d), precision=lax.Precision.HIGHEST)


def _cover(low: jax.Array, high: jax.Array, cells: int) -> jax.Array:
    """Which part of an interval (m,) each of ``cells`` equal parts of 0..1 makes up, (m, cells)."""
    middle = jnp.clip((low + high) / 2, 0, 1) * cells
    half = jnp.maximum((high - low) * cells, 1) / 2
    edge = jnp.arange(cells + 1, dtype=low.dtype)[None]
    ends = jnp.clip(edge, (middle - half)[:, None], (middle + half)[:, None])
    covered = ends[:, 1:] - ends[:, :-1]
    return covered / jnp.sum(covered, 1, keepdims=True)
