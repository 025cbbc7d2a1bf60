"""DISCO: Distribution of Spectral Components.

    DISCO = sum_g r_g q_g

r_g the singular value proportion of group g (``_proportions``), q_g its transferability
(``_transferability``). Higher is better. k = 128 leading components, G = 8 groups.

    mode   q_g
    paper  of each group by itself, on the samples it was fitted to: nearest-centroid posteriors
           for classes, minus the mean squared residual for real targets
    tuned  of each group with those before it, on samples left out, by least squares: for hubs whose
           models differ in width and scale

Detection has one row of features per box: a classification term from the classes of the boxes and a
regression term from their four coordinates. The two have different units, so each is scaled to 0..1
over the models of a hub (``hub_minmax``) before they are added.

Scale: the paper's class score with the identity covariance depends on the scale of the features;
with a shared or class covariance, for regression, and tuned, it does not.

Each score has a second form that takes a spectrum somebody has already, and reads its leading
``components``.

Cost: the spectrum (``_spectrum``) and 2 n C k operations with n C G exponentials. Degenerate
cases are those of the parts; constant features score as chance (the priors; the variance of the
targets).

Reference: DISCO, arXiv 2412.19085, AAAI 2025.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ._proportions import PAPER_COMPONENTS, PAPER_GROUPS, proportions
from ._spectrum import Spectrum, factor, leading
from ._transferability import transferability, transferability_regression

CLASS_OPTIONS = (
    "num_classes",
    "components",
    "groups",
    "mode",
    "covariance",
    "shrinkage",
    "leave_one_out",
    "axis_name",
)


class Disco(NamedTuple):
    """A DISCO score with what it is made of: ``score = sum(proportions * transferability)``."""

    score: jax.Array  # ()
    proportions: jax.Array  # (G,)
    transferability: jax.Array  # (G,)


class DetectionTerms(NamedTuple):
    """The two raw terms of a detection score; scale each over the hub, then add."""

    classification: jax.Array  # ()
    regression: jax.Array  # ()


@partial(jax.jit, static_argnames=(*CLASS_OPTIONS, "method"))
def disco(
    features: jax.Array,
    labels: jax.Array,
    *,
    num_classes: int,
    components: int = PAPER_COMPONENTS,
    groups: int = PAPER_GROUPS,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
    method: str = "auto",
    mode: str = "paper",
    covariance: str = "identity",
    shrinkage: float = 0.1,
    leave_one_out: bool = False,
    axis_name: str | None = None,
) -> Disco:
    """DISCO of ``features`` (n, d) for integer ``labels`` (n,) in 0..num_classes-1."""
    factored = factor(features, components, method, where, width, axis_name, _alike(groups, mode))
    return disco_from_spectrum(
        factored,
        labels,
        num_classes=num_classes,
        components=components,
        groups=groups,
        where=where,
        mode=mode,
        covariance=covariance,
        shrinkage=shrinkage,
        leave_one_out=leave_one_out,
        axis_name=axis_name,
    )


@partial(jax.jit, static_argnames=CLASS_OPTIONS)
def disco_from_spectrum(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    components: int = PAPER_COMPONENTS,
    groups: int = PAPER_GROUPS,
    where: jax.Array | None = None,
    mode: str = "paper",
    covariance: str = "identity",
    shrinkage: float = 0.1,
    leave_one_out: bool = False,
    axis_name: str | None = None,
) -> Disco:
    """``disco`` from the leading ``components`` of a spectrum."""
    spectrum = leading(spectrum, components)
    q = transferability(
        spectrum,
        labels,
        num_classes=num_classes,
        groups=groups,
        where=where,
        mode=mode,
        covariance=covariance,
        shrinkage=shrinkage,
        leave_one_out=leave_one_out,
        axis_name=axis_name,
    )
    return _weigh(spectrum, q)


@partial(jax.jit, static_argnames=("components", "groups", "method", "mode", "axis_name"))
def disco_regression(
    features: jax.Array,
    targets: jax.Array,
    *,
    components: int = PAPER_COMPONENTS,
    groups: int = PAPER_GROUPS,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
    method: str = "auto",
    mode: str = "paper",
    axis_name: str | None = None,
) -> Disco:
    """DISCO of ``features`` (n, d) for real ``targets`` (n,) or (n, t); by the paper at most 0."""
    factored = factor(features, components, method, where, width, axis_name, _alike(groups, mode))
    return disco_regression_from_spectrum(
        factored,
        targets,
        components=components,
        groups=groups,
        where=where,
        mode=mode,
        axis_name=axis_name,
    )


@partial(jax.jit, static_argnames=("components", "groups", "mode", "axis_name"))
def disco_regression_from_spectrum(
    spectrum: Spectrum,
    targets: jax.Array,
    *,
    components: int = PAPER_COMPONENTS,
    groups: int = PAPER_GROUPS,
    where: jax.Array | None = None,
    mode: str = "paper",
    axis_name: str | None = None,
) -> Disco:
    """``disco_regression`` from the leading ``components`` of a spectrum."""
    spectrum = leading(spectrum, components)
    q = transferability_regression(
        spectrum, targets, groups=groups, where=where, mode=mode, axis_name=axis_name
    )
    return _weigh(spectrum, q)


@partial(jax.jit, static_argnames=(*CLASS_OPTIONS, "method"))
def disco_detection(
    features: jax.Array,
    labels: jax.Array,
    boxes: jax.Array,
    *,
    num_classes: int,
    components: int = PAPER_COMPONENTS,
    groups: int = PAPER_GROUPS,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
    method: str = "auto",
    mode: str = "paper",
    covariance: str = "identity",
    shrinkage: float = 0.1,
    leave_one_out: bool = False,
    axis_name: str | None = None,
) -> DetectionTerms:
    """The two raw terms of detection, for ``features`` (n, d), class and box (n, 4) per box."""
    factored = factor(features, components, method, where, width, axis_name, _alike(groups, mode))
    by_class = disco_from_spectrum(
        factored,
        labels,
        num_classes=num_classes,
        components=components,
        groups=groups,
        where=where,
        mode=mode,
        covariance=covariance,
        shrinkage=shrinkage,
        leave_one_out=leave_one_out,
        axis_name=axis_name,
    )
    by_box = disco_regression_from_spectrum(
        factored,
        boxes,
        components=components,
        groups=groups,
        where=where,
        mode=mode,
        axis_name=axis_name,
    )
    return DetectionTerms(by_class.score, by_box.score)


def _alike(groups: int, mode: str) -> int | None:
    """Groups whose components a score treats alike; the tuned mode shrinks each by its own size."""
    return groups if mode == "paper" else None


def _weigh(spectrum: Spectrum, q: jax.Array) -> Disco:
    r = proportions(spectrum, groups=q.shape[0])
    return Disco(jnp.sum(r * q), r, q)
