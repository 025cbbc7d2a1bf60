"""Scoring a model whose features do not fit: moments in one pass, coordinates in a second.

    1. moments of chunks of rows, merged in float64
    2. the leading k directions V from the moments; T = (X - 1 mu^T) V, chunk by chunk

after which every metric that reads only the moments, the leading components and the labels is
computed as ever. Memory is that of one chunk, of d^2 + C d numbers, and of n k coordinates.

Singular values are those of a Gram matrix whose chunks were added up in float32 each: within about
1e-7 s_1^2/s_j of s_j.
"""

from collections.abc import Callable, Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import disco_kernels as dk
from disco_jax.features import Checked, FeatureSet

from .plan import Plan
from .program import Arrays, Computed, factored_program
from .scale import narrow_targets, rescaling, to_float32

CHUNK_BYTES = 2**25
Chunks = Callable[[], Iterator[tuple[int, int, np.ndarray]]]


def stream(plan: Plan, features: FeatureSet, checked: Checked) -> Computed:
    """All results of one model, from two passes over its rows."""
    n, d = features.shape
    beside: Arrays = {}
    if checked.labels is not None:
        beside["labels"] = checked.labels.codes
    if plan.task != "classification":
        given = features.targets if plan.task == "regression" else features.boxes
        beside["targets"] = narrow_targets(given)
    chunks = partial(_chunks, features, rescaling(checked.scale))
    moments = _moments(chunks, beside, plan.num_classes)
    arrays: Arrays = {**beside, "where": np.ones(n, bool), "width": np.int32(d)}
    arrays |= {"moments": to_float32(moments)}
    if plan.task == "detection":
        arrays["boxes"] = arrays.pop("targets")
    if plan.components:
        with jax.enable_x64(True):
            spectrum = dk.spectrum_from_moments(moments)
        arrays["spectrum"] = _with_coordinates(chunks, spectrum, n, plan.components)
    return factored_program(plan)(arrays)


def _chunks(features: FeatureSet, factor: float) -> Iterator[tuple[int, int, np.ndarray]]:
    """Chunks of equal size with their first row; the last reaches back over rows already read.

    The second number is how many of its rows those are.
    """
    n, d = features.shape
    size = min(n, max(1, CHUNK_BYTES // (4 * d)))
    for start in range(0, n, size):
        first = min(start, n - size)
        rows = np.asarray(features.read_rows(first, first + size))
        if factor != 1:
            rows = rows.astype(np.float64) * factor
        yield first, start - first, rows.astype(np.float32, copy=False)


def _moments(chunks: Chunks, beside: Arrays, classes: int) -> dk.Moments:
    total = None
    for first, stale, rows in chunks():
        part = {name: array[first : first + len(rows)] for name, array in beside.items()}
        known: Arrays = {"where": np.arange(len(rows)) >= stale, "targets": part.get("targets")}
        one_label = "labels" in part and part["labels"].ndim == 1
        if one_label:
            known |= {"labels": part["labels"], "num_classes": classes}
        found = dk.moments(rows, **known)
        with jax.enable_x64(True):
            wide = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), found)
            total = jax.block_until_ready(wide if total is None else dk.merge(total, wide))
    assert total is not None
    return total


@partial(jax.jit, donate_argnums=0)
def _place(
    coordinates: jax.Array, rows: jax.Array, mean: jax.Array, basis: jax.Array, first: jax.Array
) -> jax.Array:
    """Coordinates with those of some rows filled in; ``mean`` (2, d) is a sum of two."""
    centred = (rows - mean[:1]) - mean[1:]
    part = jnp.matmul(centred, basis, precision=lax.Precision.HIGHEST)
    return lax.dynamic_update_slice(coordinates, part, (first, jnp.zeros_like(first)))


def _with_coordinates(chunks: Chunks, spectrum: dk.Spectrum, n: int, most: int) -> dk.Spectrum:
    exact = np.asarray(spectrum.mean)
    rounded = exact.astype(np.float32)
    mean = np.stack([rounded, (exact - rounded).astype(np.float32)])
    lead = dk.leading(to_float32(spectrum), most)
    coordinates = jnp.zeros((n, lead.basis.shape[1]), jnp.float32)
    for first, _, rows in chunks():
        coordinates = _place(coordinates, rows, mean, lead.basis, np.int32(first))
        coordinates.block_until_ready()  # or all chunks are read before the first is done with
    return lead._replace(coordinates=coordinates)
