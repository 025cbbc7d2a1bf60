"""Configurations beside weights, as timm and transformers write them."""

from pathlib import Path

import numpy as np
import pytest

from disco_jax.weights.checkpoint import Checkpoint
from disco_jax.weights.config import preprocessing_of

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
NORMALISED = {"image_mean": MEAN, "image_std": STD, "rescale_factor": 1 / 255}


def read(config, preprocessor=None):
    return preprocessing_of(Checkpoint(Path("x"), {}, config, preprocessor or {}, ""))


def timm(**changed):
    known = {"input_size": [3, 224, 224], "crop_pct": 0.875, "interpolation": "bicubic"}
    return {"architecture": "a", "pretrained_cfg": known | {"mean": MEAN, "std": STD} | changed}


@pytest.mark.parametrize(
    ("config", "preprocessor", "expected"),
    [
        (timm(), None, (224, 256, "bicubic")),
        (timm(crop_pct=0.95, interpolation="bilinear"), None, (224, 235, "bilinear")),
        (timm(crop_pct=1.0, input_size=[3, 384, 384]), None, (384, 384, "bicubic")),
        (timm(crop_mode="squash", crop_pct=0.9), None, (224, None, "bicubic")),
        ({}, {"size": 224, "resample": 2} | NORMALISED, (224, None, "bilinear")),
        ({}, {"size": {"height": 224, "width": 224}, "resample": 3}, (224, None, "bicubic")),
        (
            {},
            {"size": {"shortest_edge": 256}, "do_center_crop": True, "crop_size": 224},
            (224, 256, "bilinear"),
        ),
        ({}, {"size": {"shortest_edge": 224}, "crop_pct": 0.875}, (224, 256, "bilinear")),
        (
            {},
            {
                "size": {"height": 256, "width": 256},
                "do_center_crop": True,
                "crop_size": {"height": 224, "width": 224},
            },
            (224, 256, "bilinear"),
        ),
    ],
)
def test_sizes(config, preprocessor, expected):
    found = read(config, None if preprocessor is None else NORMALISED | preprocessor)
    assert (found.size, found.shorter, found.interpolation) == expected
    squashed = preprocessor is not None and "do_center_crop" in preprocessor
    assert found.aspect == (not squashed or "shortest_edge" in preprocessor["size"])
    np.testing.assert_allclose(found.offset, 255 * np.array(MEAN))
    np.testing.assert_allclose(found.scale, 1 / (255 * np.array(STD)))


def test_other_scales():
    found = read({}, {"size": 8, "do_normalize": False, "rescale_factor": 1 / 127.5})
    np.testing.assert_allclose(found.offset, 0)
    np.testing.assert_allclose(found.scale, 1 / 127.5)


def test_nothing_is_said():
    assert read({"architecture": "a"}) is None and read({"model_type": "vit"}) is None


@pytest.mark.parametrize(
    "preprocessor", [{"size": {}}, {"size": 224, "resample": 0}, {"size": 224}, {"size": [1]}]
)
def test_what_is_not_understood(preprocessor):
    with pytest.raises(ValueError, match="x: preprocessing: not understood") as why:
        read({}, preprocessor)
    assert "\n" not in str(why.value)
