"""The component transferability of a spectrum: q_g of each group, from labels or from targets.

Labels: the mean nearest-centroid posterior of the true class, see ``_transferability_classes``.
Targets: minus the mean squared residual of a least-squares fit, see ``_transferability_targets``.
Higher is better.
"""

from functools import partial

import jax

from ._checks import check_choice, check_labels, check_targets
from ._proportions import PAPER_GROUPS, split
from ._rows import sample_weights
from ._spectrum import Spectrum
from ._transferability_classes import COVARIANCES, class_transferability
from ._transferability_targets import regression_transferability


@partial(
    jax.jit,
    static_argnames=(
        "num_classes",
        "groups",
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
    covariance: str = "identity",
    shrinkage: float = 0.1,
    leave_one_out: bool = False,
    axis_name: str | None = None,
) -> jax.Array:
    """Mean posterior of the true class in each group of components, (groups,)."""
    t = spectrum.coordinates
    check_labels(labels, t.shape[0], num_classes)
    check_choice("covariance", covariance, COVARIANCES)
    if not 0 <= shrinkage <= 1:
        raise ValueError(f"shrinkage must be in [0, 1], got {shrinkage}")
    return class_transferability(
        t,
        spectrum.rank,
        labels,
        sample_weights(where, t),
        split(spectrum.kept, t.shape[1], groups),
        num_classes=num_classes,
        covariance=covariance,
        shrinkage=shrinkage,
        leave_one_out=leave_one_out,
        axis_name=axis_name,
    )


@partial(jax.jit, static_argnames=("groups", "axis_name"))
def transferability_regression(
    spectrum: Spectrum,
    targets: jax.Array,
    *,
    groups: int = PAPER_GROUPS,
    where: jax.Array | None = None,
    axis_name: str | None = None,
) -> jax.Array:
    """Minus the mean squared residual of the targets on each group of components, (groups,)."""
    t = spectrum.coordinates
    return regression_transferability(
        t,
        spectrum.singular_values,
        spectrum.rank,
        check_targets(targets, t.shape[0]),
        sample_weights(where, t),
        split(spectrum.kept, t.shape[1], groups),
        axis_name=axis_name,
    )
