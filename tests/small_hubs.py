"""Small hubs of models: class-structured features of several widths on the same samples."""

import numpy as np

from disco_jax.features.feature_set import FeatureSet

from .problems import gapped, structured

WIDTHS = {"even": 64, "odd": 70, "twin": 64, "wide": 150}


def samples(n=120, classes=5, seed=0):
    """Labels (n,), real targets (n, 2) and boxes (n, 4) that depend on the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % classes)
    targets = rng.normal(size=(classes, 2))[labels] + 0.5 * rng.normal(size=(n, 2))
    boxes = rng.normal(size=(classes, 4))[labels] + rng.random((n, 4))
    return labels, targets.astype(np.float32), boxes.astype(np.float32)


def features(labels, width, seed):
    rng = np.random.default_rng(seed)
    values = gapped(1.0)(min(len(labels) - 1, width))
    values = values * 6 * np.sqrt(len(labels)) / np.linalg.norm(values)
    return structured(rng, labels, values, width).astype(np.float32)


def hub(labels, widths=WIDTHS):
    """{model: features}, no two alike."""
    return {name: features(labels, width, i) for i, (name, width) in enumerate(widths.items())}


def feature_sets(labels, widths=WIDTHS, **fields):
    found = hub(labels, widths)
    return {name: FeatureSet(x, labels=labels, **fields) for name, x in found.items()}
