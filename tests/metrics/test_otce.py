"""OTCE against exact transport, and what a hub is told where ott-jax is missing."""

import sys

import jax
import numpy as np
import pytest

import disco_jax
from disco_jax.errors import InputError
from disco_jax.metrics.otce import otce

from ..command_line import call, refused
from ..oracles import otce as oracle

CLASSES = 5
CASES = ["all", "some", "twice"]


@pytest.fixture(scope="module")
def samples():
    """Forty target and forty source samples whose classes have something in common."""
    rng = np.random.default_rng(0)
    scale = 3 * np.arange(1, 13) ** -0.5
    labels, source_labels = rng.integers(0, CLASSES, 40), np.arange(40) % 4
    means = scale * rng.normal(size=(CLASSES, 12))
    features = means[labels] + scale * rng.normal(size=(40, 12)) + 0.5
    source = means[source_labels] + scale * rng.normal(size=(40, 12))
    return features, labels, source, source_labels


def found(samples, where=None, **options):
    with jax.enable_x64(False):
        return otce(*jax.tree.map(narrow, samples), num_classes=CLASSES, where=where, **options)


def narrow(array):
    return array.astype(np.float32 if array.dtype == np.float64 else np.int32)


@pytest.mark.parametrize("case", CASES)
def test_oracle(samples, case):
    """Entropy spreads the coupling a little, which costs W more and hides some of the classes."""
    n = len(samples[0])
    weights = {"all": np.ones(n), "some": np.arange(n) < 30, "twice": 1 + (np.arange(n) < 10)}
    where = weights[case].astype(np.int32)
    expected = oracle.otce(*samples, weights=where)
    actual = found(samples, where)
    assert actual.error < 1e-3
    np.testing.assert_allclose(actual.transport, expected.transport, rtol=1e-3)
    np.testing.assert_allclose(actual.score, expected.score, rtol=2e-2)


def test_masked_rows_may_hold_anything(samples):
    features, labels, *source = samples
    known = found((features[:30], labels[:30], *source))
    features, labels = features.copy(), labels.copy()
    features[30:], labels[30:] = np.nan, -7
    actual = found((features, labels, *source), np.arange(40) < 30)
    np.testing.assert_allclose(actual.score, known.score, rtol=1e-3)


def test_neither_origin_matters_but_to_the_distance(samples):
    features, labels, *source = samples
    plain, moved = found(samples), found((features + 100, labels, *source))
    np.testing.assert_allclose(moved.score, plain.score, rtol=1e-3)
    shift = features.mean(0) - source[0].mean(0)
    more = np.sum((shift + 100) ** 2) - np.sum(shift**2)
    np.testing.assert_allclose(moved.transport - plain.transport, more, rtol=1e-5)
    both = found(samples, transport=True)
    np.testing.assert_allclose(both.score, -(plain.transport + plain.entropy), rtol=1e-5)


def test_degenerate(samples):
    features, labels, source, source_labels = samples
    shares = np.bincount(labels) / 40
    entropy = -np.sum(shares * np.log(shares))
    equal = found((0 * features, labels, 0 * source, source_labels))
    np.testing.assert_allclose((equal.score, equal.transport), (-entropy, 0), atol=1e-5)
    one_source = found((features, labels, source, 0 * source_labels))
    np.testing.assert_allclose(one_source.score, -entropy, rtol=1e-4)
    assert found((features, 0 * labels, source, source_labels)).score == pytest.approx(0, abs=1e-6)


@pytest.fixture
def folder(samples, tmp_path):
    names = "features", "labels", "source_features", "source_labels"
    given = disco_jax.FeatureSet(**dict(zip(names, samples, strict=True)))
    disco_jax.write_features(given, tmp_path / "model.safetensors")
    return tmp_path


def test_a_hub_by_its_files(samples, folder):
    table = disco_jax.score(folder, metrics="otce,otce:transport=true")
    known = found(samples)
    assert table.scores["model"]["otce"] == pytest.approx(float(known.score), rel=1e-3)
    terms = table.terms["model"]["otce"]
    assert terms["transport"] == pytest.approx(float(known.transport), rel=1e-3)
    assert table.warnings == ()


def test_what_a_hub_lacks(samples):
    with pytest.raises(InputError, match="source_features: missing; otce needs them"):
        disco_jax.score({"m": samples[0]}, labels=samples[1], metrics="otce")


def test_without_ott(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ott", None)
    asked = call(capsys, monkeypatch, "score", folder, "--metrics", "otce")
    refused(asked, "metrics: otce: ", "install disco-jax[transport]")
    code, out, _ = call(capsys, monkeypatch, "metrics", "--format", "csv")
    assert code == 0 and "\notce," in out
