"""Scores of a model of which only moments are kept, see `extraction.moments`.

What reads features through the moments, the singular values and the sums of classes alone is
computed from them exactly: a class stands as one sample, its mean, whose weight is its size. Those
metrics say `of_moments`; none of them reads targets, and of several labels at once all samples are
one class.
"""

import jax
import jax.numpy as jnp
import numpy as np

import disco_kernels as dk

from .batching import rescaling
from .errors import InputError
from .features import Checked, FeatureSet
from .metrics import METRICS
from .planning import Plan, Results, components, factored_program, factors
from .specs import Spec
from .streaming import narrow

EPS = float(np.finfo(np.float32).eps)


def readable(plan: Plan, spec: Spec, features: FeatureSet) -> bool:
    """Whether moments are enough for a metric."""
    read = factors(plan, spec)
    several = features.labels is not None and len(features.labels.shape) > 1
    lost = "targets" in read or (several and read & {"labels", "moments"})
    return METRICS[spec.name].of_moments and not (lost or spec.pca or spec.ped)


def refuse_without_features(plan: Plan, features: FeatureSet) -> None:
    """An InputError where a metric reads the features themselves."""
    for spec in plan.specs:
        if not readable(plan, spec, features):
            known = [name for name, metric in METRICS.items() if metric.of_moments]
            problem = f"only moments are kept, and {spec.text} reads the features"
            remedy = f"say --metrics with some of {','.join(known)}, or extract the features"
            raise InputError(features.file or features.name, "moments", problem, remedy)


def score_moments(plan: Plan, features: FeatureSet, checked: Checked) -> Results:
    """All results of one model."""
    n, d = features.shape
    factor = rescaling(checked.scale)
    stored = np.asarray(features.moments, np.float64) * factor
    mean, gram, by_class = stored[0], stored[1 : 1 + d] * factor, stored[1 + d :]
    counts = np.zeros(plan.num_classes)
    sums = np.zeros((plan.num_classes, d))
    if checked.labels is not None and checked.labels.codes.ndim == 1:
        counts[: len(by_class)] = checked.labels.counts
        sums[: len(by_class)] = by_class
    else:
        counts[0] = n
    with jax.enable_x64(True):
        moments = dk.Moments(
            total=jnp.asarray(n, jnp.float64),
            mean=jnp.asarray(mean),
            gram=jnp.asarray(gram),
            class_counts=jnp.asarray(counts),
            class_sums=jnp.asarray(sums),
            target_mean=jnp.zeros(0),
            target_gram=jnp.zeros((0, 0)),
            cross=jnp.zeros((d, 0)),
            norm_sums=jnp.full(d, jnp.nan),  # not kept
            fourth=jnp.asarray(jnp.nan),
        )
        spectrum = dk.spectrum_from_moments(moments)
    arrays = {
        "moments": narrow(moments),
        "labels": np.arange(plan.num_classes, dtype=np.int32),
        "where": counts.astype(np.float32),
        "width": np.int32(d),
    }
    if most := max(components(plan, spec) for spec in plan.specs):
        means = sums / np.maximum(counts, 1)[:, None]
        arrays["spectrum"] = dk.leading(_of_classes(spectrum, means, n), min(most, d))
    return factored_program(plan)(arrays)


def _of_classes(spectrum: dk.Spectrum, means: np.ndarray, n: int) -> dk.Spectrum:
    """The spectrum in float32, cut where that of float32 features is, on the class means."""
    s, mean = np.asarray(spectrum.singular_values), np.asarray(spectrum.mean)
    s = np.where(s[0] > EPS * np.sqrt(n) * np.linalg.norm(mean), s, 0)
    rank = np.sum(s > max(n, len(mean)) * EPS * s[0])
    return narrow(spectrum)._replace(
        singular_values=jnp.asarray(s, jnp.float32),
        coordinates=jnp.asarray(means @ np.asarray(spectrum.basis), jnp.float32),
        rank=jnp.minimum(jnp.int32(rank), spectrum.kept),
    )
