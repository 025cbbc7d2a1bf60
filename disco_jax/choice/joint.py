"""DISCO of the features of several models side by side.

    [X_1 ... X_k] with X_s = T_s V_s^T has the sample kernel sum_s T_s T_s^T, so that the joint
    spectrum is that of [T_1 ... T_k]: the features are not read again

T_s (n, 128) the leading coordinates of model s, what DISCO keeps of it. The joint matrix is as wide
as 128 components a member, and its own 128 leading components are scored. Features of at most 128
columns are there as they are, and of a single model the score is `disco` itself.

Features count as they are: a model whose features are ten times larger fills the leading
components. `mode=tuned` depends less on it than the paper's form. Influence of a sample: the
gradient of the score with respect to its weight, the T_s fixed.
"""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

import disco_kernels as dk

from .judge import Judge, Members
from .pool import Pool

COMPONENTS = 128


def joint_disco(pool: Pool, options: Mapping[str, Any]) -> Judge:
    """DISCO of sets, with the options of the metric."""
    coordinates = {
        model: np.asarray(pool.spectrum(model, COMPONENTS).coordinates)[
            :, : pool.models[model].shape[1]
        ]
        for model in pool.models
    }
    chosen_options = {"components": COMPONENTS, **options}

    @jax.jit
    def score(rows: jax.Array, width: jax.Array, weights: jax.Array | None = None) -> jax.Array:
        known = {**chosen_options, "width": width, "where": weights}
        if pool.labels is None:
            return dk.disco_regression(rows, pool.targets, **known).score
        return dk.disco(rows, pool.labels, num_classes=pool.num_classes, **known).score

    slope = jax.jit(jax.grad(score, argnums=2))

    def rows(members: Members) -> tuple[np.ndarray, np.int32]:
        together = np.concatenate([coordinates[model] for model in members], 1)
        more = COMPONENTS * len(members) - together.shape[1]
        return np.pad(together, ((0, 0), (0, more))), np.int32(together.shape[1])

    def values(chosen: Members) -> dict[str, float]:
        others = (model for model in pool.models if model not in chosen)
        return {model: float(score(*rows((*chosen, model)))) for model in others}

    def influence(members: Members) -> np.ndarray:
        every = np.ones(len(next(iter(coordinates.values()))), np.float32)
        found = np.asarray(slope(*rows(members), every), np.float64)
        return np.asarray(found - found.mean())

    return Judge(values, influence)
