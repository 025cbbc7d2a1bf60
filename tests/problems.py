"""The one table of problems, and where the groups of a spectrum are defined."""

import numpy as np

from disco_jax.testing.problems import (
    EVERY_SHAPE,
    PROBLEMS,
    SHAPES,
    Problem,
    balanced,
    constant,
    constant_columns,
    duplicated_columns,
    gapped,
    lone_samples,
    low_rank,
    problem,
    spectral,
    structured,
    tied,
)

__all__ = [
    "EVERY_SHAPE",
    "PROBLEMS",
    "SHAPES",
    "Problem",
    "balanced",
    "boundary_gaps",
    "constant",
    "constant_columns",
    "duplicated_columns",
    "gapped",
    "lone_samples",
    "low_rank",
    "problem",
    "spectral",
    "structured",
    "tied",
]


def boundary_gaps(singular_values, groups=8, components=128, gap=1e-3, null=1e-6):
    """Whether the subspaces of all groups are defined, given all min(n, d) singular values.

    True where s_j - s_{j+1} > gap s_1 at the end of every group and at the cut. A boundary among
    null values, s_j <= null s_1, counts as kept apart: those directions carry nothing.
    """
    values = np.asarray(singular_values, dtype=np.float64)
    k = min(components, len(values))
    size = k // min(groups, k)
    last = np.array([end for end in {*range(size, k + 1, size), k} if end < len(values)], dtype=int)
    apart = values[last - 1] - values[last] > gap * values[0]
    return bool(np.all(apart | (values[last - 1] <= null * values[0])))
