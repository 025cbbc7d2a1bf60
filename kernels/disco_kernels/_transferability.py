"""The component transferability of a spectrum: q_g of each group, from labels or from targets.

Mode "paper", each group by itself, on the samples it was fitted to. Labels: the mean
nearest-centroid posterior of the true class (``_transferability_classes``). Targets: minus the mean
squared residual of a least-squares fit (``_transferability_targets``).

Mode "tuned", each group with those before it, on samples left out: how far the predictions of a
ridge regression agree with labels or targets (``_transferability_left_out``).

Higher is better.
"""

from functools import partial

import jax
import jax.numpy as jnp

from ._checks import check_choice, check_labels, check_targets
from ._proportions import PAPER_GROUPS, split
from ._rows import sample_weights
from ._spectrum import Spectrum
from ._transferability_classes import COVARIANCES, class_transferability
from ._transferability_left_out import left_out_transferability
from ._transferability_targets import regression_transferability

MODES = ("paper", "tuned")


@partial(
    jax.jit,
    static_argnames=(
        "num_classes",
        "groups",
        "mode",
        "covariance",
        "shrinkage",
        "leave_one_out",
        "axis_name",
    ),
)
def transferability(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    groups: int = PAPER_GROUPS,
    where: jax.Array | None = None,
    mode: str = "paper",
    covariance: str = "identity",
    shrinkage: float = 0.1,
    leave_one_out: bool = False,
    axis_name: str | None = None,
) -> jax.Array:
    """How well each group of components tells the classes apart, (groups,).

    ``covariance``, ``shrinkage`` and ``leave_one_out`` are forms of the paper's mode.
    """
    t = spectrum.coordinates
    check_labels(labels, t.shape[0], num_classes)
    check_choice("mode", mode, MODES)
    check_choice("covariance", covariance, COVARIANCES)
    if not 0 <= shrinkage <= 1:
        raise ValueError(f"shrinkage must be in [0, 1], got {shrinkage}")
    weights, parts = sample_weights(where, t), split(spectrum.kept, t.shape[1], groups)
    if mode == "tuned":
        if covariance != "identity" or leave_one_out:
            raise ValueError(
                "covariance and leave_one_out are options of mode 'paper', not 'tuned'"
            )
        inside = (labels >= 0) & (labels < num_classes)
        one_hot = labels[:, None] == jnp.arange(num_classes, dtype=labels.dtype)[None]
        weights = jnp.where(inside, weights, 0)
        return left_out_transferability(spectrum, one_hot, weights, parts, axis_name=axis_name)
    return class_transferability(
        t,
        spectrum.rank,
        labels,
        weights,
        parts,
        num_classes=num_classes,
        covariance=covariance,
        shrinkage=shrinkage,
        leave_one_out=leave_one_out,
        axis_name=axis_name,
    )


@partial(jax.jit, static_argnames=("groups", "mode", "axis_name"))
def transferability_regression(
    spectrum: Spectrum,
    targets: jax.Array,
    *,
    groups: int = PAPER_GROUPS,
    where: jax.Array | None = None,
    mode: str = "paper",
    axis_name: str | None = None,
) -> jax.Array:
    """How well each group of components explains the targets, (groups,).

    Minus the mean squared residual, or in the tuned mode a share of the variance.
    """
    t = spectrum.coordinates
    check_choice("mode", mode, MODES)
    wanted, weights = check_targets(targets, t.shape[0]), sample_weights(where, t)
    parts = split(spectrum.kept, t.shape[1], groups)
    if mode == "tuned":
        return left_out_transferability(spectrum, wanted, weights, parts, axis_name=axis_name)
    return regression_transferability(
        t,
        spectrum.singular_values,
        spectrum.rank,
        wanted,
        weights,
        parts,
        axis_name=axis_name,
    )
