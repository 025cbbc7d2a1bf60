"""From accuracy and distance at every scale to one number.

    b_s = mean over the samples that are right of  |w^T (x - centre)| / |w^T m|
    area(T) = integral from T to 1 over a of  mean_s [a_s > a] b_s  da = mean_s b_s max(a_s - T, 0)
    score = area of the network's features / area of the images

a_s the accuracy at scale s, b_s how far right samples lie from the boundary, in units of half the
distance of the means along w. Of the images themselves, with the best classifier,

    a_s = Phi(s),    b_s = 1 + phi(s) / (s Phi(s))

The integral is exact; the authors' program sums over 100 thresholds from 0.6 to 1.

Degenerate cases. No sample right: b_s = 0. A network that is never right more often than T: 0.
"""

import math
from collections.abc import Sequence

SCALES = tuple(round(0.1 * step, 1) for step in range(1, 50))


def reference() -> tuple[list[float], list[float]]:
    """Accuracy and distance of the images, at every scale."""
    right = [(1 + math.erf(s / math.sqrt(2))) / 2 for s in SCALES]
    density = [math.exp(-s * s / 2) / math.sqrt(2 * math.pi) for s in SCALES]
    terms = zip(SCALES, density, right, strict=True)
    return right, [1 + phi / (s * share) for s, phi, share in terms]


def area(accuracies: Sequence[float], distances: Sequence[float], threshold: float) -> float:
    """Under the mean distance of what is right more often than a, a from the threshold to 1."""
    terms = zip(accuracies, distances, strict=True)
    return sum(b * max(a - threshold, 0.0) for a, b in terms) / len(accuracies)
