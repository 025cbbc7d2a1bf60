"""SynBench from features that are all there: pooled covariance, a direct solution, margins."""

import numpy as np

from .robust_direction import robust_direction


def curve(train, labels, fresh, classes, epsilon):
    """Accuracy, and mean distance of what is right, of features (n, d) of full rank."""
    means = [train[labels == c].mean(0) for c in (0, 1)]
    scatter = sum(
        np.cov(train[labels == c], rowvar=False, ddof=1) * (np.sum(labels == c) - 1) for c in (0, 1)
    )
    half = (means[1] - means[0]) / 2
    covariance = np.atleast_2d(scatter) / (len(train) - 2)
    direction, _ = robust_direction(covariance, half, epsilon)
    margins = (fresh - (means[0] + means[1]) / 2) @ direction
    right = np.where(classes == 1, margins > 0, margins < 0)
    return right.mean(), np.abs(margins[right]).mean() / abs(direction @ half)


def score(accuracies, distances, reference, threshold, steps=20_000):
    """The areas by a fine sum over thresholds."""
    thresholds = threshold + (1 - threshold) * (np.arange(steps) + 0.5) / steps

    def whole(right, far):
        above = np.asarray(right)[:, None] > thresholds
        return (above * np.asarray(far)[:, None]).mean()

    return whole(accuracies, distances) / whole(*reference)
