"""A network over Gaussian images: accuracy and distance of its features, and the score.

    images of a scale --network--> moments of the features --> m, S --> a direction w per epsilon
    fresh images      --network--> margins w^T (x - centre) --> accuracy, mean distance

m half the difference of the class means, centre their middle, S the covariance within the classes,
with n - 2. A direction is `disco_kernels.robust_direction`. Of features only moments are kept,
d x d numbers, and of fresh ones two sums.

Cost: 2 n images at each of 49 scales; n should be some times the width d, or S is singular and the
directions lie in the span of the samples.

Reference: Ko et al., arXiv 2210.02989.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

import disco_kernels as dk
from disco_jax.backbones import Backbone, compiled, padded
from disco_jax.errors import InputError
from disco_jax.progress import Progress

from .curve import SCALES, area, reference
from .gaussians import BATCH, batches

EPSILONS = (0.0, 0.2, 0.4, 0.6, 0.8)


class Measured(NamedTuple):
    """A network's curves, by epsilon and scale, and its scores by epsilon."""

    accuracies: dict[float, list[float]]
    distances: dict[float, list[float]]
    scores: dict[float, float]
    width: int  # of the features


def measure(
    backbone: Backbone,
    *,
    images: int = 1024,
    seed: int = 0,
    threshold: float = 0.7,
    scales: Sequence[float] = SCALES,
    progress: Progress | None = None,
) -> Measured:
    """SynBench scores of a network.

    Args:
        backbone: The network.
        images: How many to fit the directions to, and as many fresh ones to count on, a scale.
        seed: Of the images.
        threshold: Accuracies below do not count.
        scales: Half the distances of the means.
        progress: Called after each scale with how many are done.

    Raises:
        ValueError: One line, where an option is out of range.
    """
    if images < 4:
        raise InputError(
            "synbench", "images", f"{images} of them", "give 4 or more, best thousands"
        )
    if not 0.5 <= threshold < 1:
        remedy = "give an accuracy from 0.5 to below 1"
        raise InputError("synbench", "threshold", f"{threshold:g} is none of two classes", remedy)
    features = compiled(backbone, lambda outputs: outputs.features)
    size = backbone.preprocessing.size
    found = []
    for place, scale in enumerate(scales):

        def seen(split: str, scale: float = scale) -> Any:
            for x, y in batches(scale, size, images, seed, split):
                yield np.asarray(features(padded(x, BATCH)), np.float64)[: len(x)], y

        found.append(_scale(seen))
        if progress is not None:
            progress(backbone.name, place + 1, len(scales))
    curves = np.array(found)  # (scales, accuracy and distance, epsilons)
    accuracies, distances = (
        {epsilon: curves[:, which, i].tolist() for i, epsilon in enumerate(EPSILONS)}
        for which in (0, 1)
    )
    whole = area(*_reference(scales), threshold)
    scores = {e: area(accuracies[e], distances[e], threshold) / whole for e in EPSILONS}
    blank = np.zeros((BATCH, size, size, 3), np.float32)
    return Measured(accuracies, distances, scores, features(blank).shape[1])


def _reference(scales: Sequence[float]) -> tuple[list[float], list[float]]:
    known = dict(zip(SCALES, zip(*reference(), strict=True), strict=True))
    right, far = zip(*(known[scale] for scale in scales), strict=True)
    return list(right), list(far)


def _scale(seen: Callable[[str], Any]) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and mean distance for each epsilon."""
    with jax.enable_x64(True):
        total: Any = None
        for x, y in seen("train"):
            part = dk.moments(x, y, num_classes=2)
            total = part if total is None else dk.merge(total, part)
        offsets = np.asarray(total.class_sums) / np.asarray(total.class_counts)[:, None]
        between = np.asarray(total.class_sums).T @ offsets
        covariance = (np.asarray(total.gram) - between) / (float(total.total) - 2)
        half = (offsets[1] - offsets[0]) / 2
        directions = np.stack(
            [
                np.asarray(dk.robust_direction(covariance, half, epsilon=epsilon).direction)
                for epsilon in EPSILONS
            ]
        )
    centre, unit = np.asarray(total.mean) + offsets.mean(0), np.abs(directions @ half)
    count, right, far = 0, np.zeros(len(EPSILONS)), np.zeros(len(EPSILONS))
    for x, y in seen("test"):
        margins = (2 * y - 1)[:, None] * ((x - centre) @ directions.T)
        count += len(x)
        right += (margins > 0).sum(0)
        far += np.maximum(margins, 0).sum(0)
    return right / count, far / np.maximum(right, 1) / np.where(unit > 0, unit, 1)
