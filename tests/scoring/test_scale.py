"""Scores of features and targets of extreme scale, or with means far from zero."""

import numpy as np
import pytest

import disco_jax
from disco_jax.features.feature_set import FeatureSet
from disco_jax.scoring import memory
from disco_jax.scoring.scale import narrow_targets, rescaling

from .test_score import HUB, LABELS, TARGETS


@pytest.mark.parametrize("scale", [1e-30, 1e30, 1e100])
def test_extreme_scales_are_the_limit(scale, monkeypatch):
    """Of what is free of scale nothing changes; DISCO is certain far apart, chance close by."""
    x = HUB["even"].astype(np.float64)
    metrics = "disco,knn:k=3,h_score_shrunk"
    found = disco_jax.score({"m": x * scale}, labels=LABELS, metrics=metrics)
    plain = disco_jax.score({"m": x}, labels=LABELS, metrics=metrics)
    for spec in ("knn:k=3", "h_score_shrunk"):
        assert found.scores["m"][spec] == pytest.approx(plain.scores["m"][spec], rel=1e-4)
    chance = [0.2] * 8
    certain = found.terms["m"]["disco"]["transferability"]
    assert (np.allclose(certain, chance, atol=1e-3)) == (scale < 1)
    assert (found.scores["m"]["disco"] > plain.scores["m"]["disco"]) == (scale > 1)
    assert any("extreme scale" in line for line in found.warnings)
    monkeypatch.setattr(memory, "RUNTIME_BYTES", 10**9 - 1)
    streamed = disco_jax.score({"m": x * scale}, labels=LABELS, metrics="disco", memory=1)
    assert streamed.scores["m"]["disco"] == pytest.approx(found.scores["m"]["disco"], rel=1e-4)


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_targets_of_extreme_scale(scale):
    """Their squares are beyond float32: what is free of their scale stays, the rest is scaled."""
    known = {"metrics": "knn:k=3,disco:components=32"}
    plain = disco_jax.score({"m": HUB["even"]}, targets=TARGETS, **known)
    wide = TARGETS.astype(np.float64) * scale
    found = disco_jax.score({"m": HUB["even"]}, targets=wide, **known)
    assert found.scores["m"]["knn:k=3"] == pytest.approx(plain.scores["m"]["knn:k=3"], rel=1e-5)
    limit = rescaling(np.abs(wide).max(), (1e-15, 1e15)) * scale
    expected = plain.scores["m"]["disco:components=32"] * limit**2
    assert found.scores["m"]["disco:components=32"] == pytest.approx(expected, rel=1e-4)
    assert any("targets: extreme scale" in line for line in found.warnings)


def test_rescaling_has_an_end():
    assert rescaling(5e-324) == 2.0**1000
    assert narrow_targets(np.array([[1e308, -1e-300]])).tolist() == [
        [pytest.approx(1e15, rel=0.5), 0]
    ]
    np.testing.assert_array_equal(narrow_targets(np.array([True, False])), [1, 0])


def test_what_float32_rounds_is_said():
    plain = disco_jax.score({"m": HUB["even"]}, targets=TARGETS, metrics="knn:k=3")
    offset = 1.7e9 + TARGETS.astype(np.float64)
    found = disco_jax.score({"m": HUB["even"]}, targets=offset, metrics="knn:k=3")
    assert found.scores["m"]["knn:k=3"] == pytest.approx(plain.scores["m"]["knn:k=3"], rel=1e-4)
    assert "targets: 2 of 2 columns vary by less than 0.0001 of their size" in found.warnings[0]
    with_offset = 1e9 + HUB["even"].astype(np.float64)
    said = FeatureSet(with_offset, targets=TARGETS).check().warnings
    assert "features: 64 of 64 columns vary by less than" in said[0]
