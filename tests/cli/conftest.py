"""A folder of features of three models, which most commands start from."""

import pytest

from disco_jax.features import write_features

from ..small_hubs import feature_sets, samples

LABELS, TARGETS, _ = samples(n=60, classes=3)
WIDTHS = {"a": 20, "b": 24, "c": 30}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "features"
    for name, features in feature_sets(LABELS, WIDTHS).items():
        write_features(features, path / f"{name}.safetensors")
    return path
