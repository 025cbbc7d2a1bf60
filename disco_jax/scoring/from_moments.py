"""Scores of a model that is kept as moments, see `extraction.moments`.

What reads features through the moments, the singular values and the sums of classes alone is
computed from them exactly: a class stands as one sample, its mean, whose weight is its size. Those
metrics say `of_moments`; none of them reads targets, and of several labels at once all samples are
one class.
"""

import jax
import jax.numpy as jnp
import numpy as np

import disco_kernels as dk
from disco_jax.features import Checked, FeatureSet

from .plan import Plan
from .program import Computed, factored_program
from .scale import rescaling, to_float32


def score_moments(plan: Plan, features: FeatureSet, checked: Checked) -> Computed:
    """All results of one model."""
    n, d = features.shape
    factor = rescaling(checked.scale)
    stored = np.asarray(features.moments, np.float64) * factor
    mean, gram, by_class = stored[0], stored[1 : 1 + d] * factor, stored[1 + d :]
    counts = np.zeros(plan.num_classes)
    sums = np.zeros((plan.num_classes, d))
    if checked.labels is not None and not features.multilabel:
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
        spectrum = dk.spectrum_from_moments(moments, dtype=jnp.float32)
    arrays = {
        "moments": to_float32(moments),
        "labels": np.arange(plan.num_classes, dtype=np.int32),
        "where": counts.astype(np.float32),
        "width": np.int32(d),
    }
    if plan.components:
        means = sums / np.maximum(counts, 1)[:, None]
        coordinates = jnp.asarray(means @ np.asarray(spectrum.basis), jnp.float32)
        spectrum = spectrum._replace(coordinates=coordinates)
        arrays["spectrum"] = dk.leading(spectrum, min(plan.components, d))
    return factored_program(plan)(arrays)
