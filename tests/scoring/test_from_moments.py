"""Features kept as moments: the same scores as from the features, and what cannot be had so."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_jax
from disco_jax.backbones.function import of_function
from disco_jax.backbones.loading import untrained
from disco_jax.data import open_images
from disco_jax.data.preprocessing import standard
from disco_jax.errors import InputError
from disco_jax.extraction.moments import summed
from disco_jax.extraction.network import extract
from disco_jax.features.feature_set import FeatureSet
from disco_jax.features.files import read_features, write_features
from disco_jax.metrics.table import METRICS

BY_CLASS = "logme,logme:compat=published,h_score,lfc,cka,spectral_share,rankme,stable_rank"
ALONE = "spectral_share,rankme,stable_rank"


def kept(features, labels=None, batch=7, **fields):
    """Moments of features in batches, the last one filled up with what must not count."""
    n, d = features.shape
    parts = []
    for start in range(0, n, batch):
        rows = np.full((batch, d), 9.0, np.float32)
        own = features[start : start + batch]
        rows[: len(own)] = own
        parts.append((jnp.asarray(rows), len(own)))
    return FeatureSet(moments=summed(parts, labels), labels=labels, **fields)


def problem(n, d, seed, offset=0.0, rank=None):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, n)
    mix = np.eye(d) if rank is None else rng.normal(size=(d, rank)) @ rng.normal(size=(rank, d))
    features = (rng.normal(size=(4, d))[labels] + rng.normal(size=(n, d))) @ mix + offset
    return (features * rng.lognormal(size=d)).astype(np.float32), labels * 3 - 5


@pytest.mark.parametrize(
    ("n", "d", "offset", "rank"),
    [(300, 20, 0, None), (241, 33, 30, None), (40, 64, 1, None), (500, 24, 0, 6), (9, 1, 0, None)],
)
def test_the_scores_of_the_features(n, d, offset, rank):
    features, labels = problem(n, d, n, offset, rank)
    hub = {"whole": FeatureSet(features, labels=labels), "kept": kept(features, labels)}
    found = disco_jax.score(hub, metrics=BY_CLASS).scores
    for spec, expected in found["whole"].items():
        assert found["kept"][spec] == pytest.approx(expected, rel=2e-4, abs=2e-5), spec


def test_every_metric_that_says_so_is_compared():
    named = {spec.partition(":")[0] for spec in BY_CLASS.split(",")}
    assert named == {name for name, metric in METRICS.items() if metric.of_moments}


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_constant_features(value):
    features, labels = np.full((50, 6), value, np.float32), np.arange(50) % 4
    hub = {"whole": FeatureSet(features, labels=labels), "kept": kept(features, labels)}
    table = disco_jax.score(hub, metrics=BY_CLASS)
    assert table.scores["kept"] == pytest.approx(table.scores["whole"], rel=1e-5)
    assert sum("constant" in text for text in table.warnings) == 2


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_extreme_scales(scale):
    features, labels = problem(200, 12, 1)
    features = features * np.float32(scale)
    hub = {"whole": FeatureSet(features, labels=labels), "kept": kept(features, labels)}
    found = disco_jax.score(hub, metrics="h_score,cka,rankme").scores
    assert found["kept"] == pytest.approx(found["whole"], rel=1e-4)


def test_models_of_different_classes_together():
    features, labels = problem(200, 12, 2)
    other = labels % 2
    hub = {"a": kept(features, labels), "b": kept(features, other)}
    found = disco_jax.score(hub, metrics=BY_CLASS).scores
    for name in hub:
        assert found[name] == disco_jax.score({name: hub[name]}, metrics=BY_CLASS).scores[name]


def test_regression_has_what_needs_no_targets():
    features, _ = problem(200, 12, 3)
    targets = features[:, 0]
    part = replace(kept(features, ids=np.arange(200)), targets=targets)
    hub = {"whole": FeatureSet(features, targets=targets), "kept": part}
    found = disco_jax.score(hub, metrics=ALONE).scores
    assert found["kept"] == pytest.approx(found["whole"], rel=1e-5)
    with pytest.raises(InputError, match="logme reads the features"):
        disco_jax.score({"kept": part}, metrics="logme")


def test_several_labels_have_what_needs_none():
    features, _ = problem(200, 12, 4)
    several = (features[:, :3] > 0).astype(int)
    hub = {"kept": kept(features, several)}
    assert disco_jax.score(hub, metrics=ALONE).scores["kept"]["rankme"] > 1
    for spec in ("cka", "h_score"):
        with pytest.raises(InputError, match=f"{spec} reads the features"):
            disco_jax.score(hub, metrics=spec)


@pytest.mark.parametrize("spec", ["disco", "knn", "logme:pca=4", "h_score_shrunk", "ped:base=cka"])
def test_what_reads_features_is_refused(spec):
    hub = {"kept": kept(*problem(100, 8, 5))}
    with pytest.raises(InputError, match=r"only moments are kept.*choose --metrics among") as told:
        disco_jax.score(hub, metrics=spec)
    assert spec in str(told.value)


def test_all_leaves_out_what_reads_features():
    features, labels = problem(100, 8, 6)
    hub = {"whole": FeatureSet(features, labels=labels), "kept": kept(features, labels)}
    table = disco_jax.score(hub, metrics="all")
    assert {"logme", "cka"} <= set(table.metrics)
    assert not {"disco", "knn", "energy"} & set(table.metrics)
    assert any("no features, so disco" in text for text in table.warnings)


def test_others_are_scored_where_it_fails():
    features, labels = problem(100, 8, 7)
    hub = {"whole": FeatureSet(features, labels=labels), "kept": kept(features, labels)}
    table = disco_jax.score(hub, metrics="disco", keep_going=True)
    assert list(table.scores) == ["whole"]
    assert "disco reads the features" in table.failures[0]["error"]


def test_no_other_labels_and_no_resamples():
    features, labels = problem(100, 8, 8)
    part = kept(features, labels)
    with pytest.raises(InputError, match="kept with their own labels"):
        disco_jax.score({"kept": part}, labels=labels[::-1], metrics="cka")
    table = disco_jax.score({"kept": part}, metrics="cka", bootstrap=3)
    assert any("no resamples" in text for text in table.warnings)


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_in_a_file(tmp_path, suffix):
    part = kept(*problem(100, 8, 9))
    write_features(part, tmp_path / f"a{suffix}")
    found = read_features(tmp_path / f"a{suffix}")
    assert found.shape == (100, 8)
    assert found.features is None
    expected = disco_jax.score({"a": part}, metrics=BY_CLASS)
    assert disco_jax.score(tmp_path, metrics=BY_CLASS).scores == expected.scores


def damaged(values):
    values[3, 1] = np.nan
    return values


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda part: {"labels": part.labels % 2}, "of 8 columns and 2 classes"),
        (lambda part: {"moments": part.moments[:-1]}, "12 rows"),
        (lambda part: {"moments": damaged(part.moments.copy())}, "not finite"),
        (lambda part: {"labels": None}, "nothing beside them"),
        (lambda part: {"features": np.ones((100, 8))}, "beside features"),
        (lambda part: {"layers": {"x": np.ones((100, 8))}}, "beside features@x"),
        (lambda part: {"targets": np.ones(99)}, "99 rows"),
        (lambda part: {"moments": part.moments.astype(int)}, "dtype"),
    ],
)
def test_what_is_wrong_is_said(change, told):
    part = kept(*problem(100, 8, 10))
    with pytest.raises(InputError, match=told):
        disco_jax.score({"a": replace(part, **change(part))}, metrics="cka", task="classification")


@pytest.fixture(scope="module")
def network():
    kernel = np.random.default_rng(0).normal(size=(192, 24)).astype(np.float32)

    def apply(parameters, x):
        return jax.nn.relu(x.reshape(len(x), -1) @ parameters)

    how = standard(8, shorter=None, interpolation="bilinear", mean=[0.5] * 3, deviation=[0.5] * 3)
    return of_function("mine", apply, kernel, how)


@pytest.mark.parametrize("batch", [None, 1, 50, 64])
def test_extracted(network, batch):
    images = open_images("sk_digits", "test")
    whole = extract(network, images, batch=batch).features
    part = extract(network, images, batch=batch, moments_only=True).features
    assert part.features is None
    assert part.logits is None
    assert part.shape == whole.shape
    assert part.provenance == {**whole.provenance, "kept": "moments"}
    found = disco_jax.score({"whole": whole, "kept": part}, metrics=BY_CLASS).scores
    assert found["kept"] == pytest.approx(found["whole"], rel=1e-4)


def test_layers_and_boxes_are_refused(network):
    images = open_images("sk_digits", "test")
    with pytest.raises(ValueError, match="mine: moments: only those of pictures' last features"):
        extract(network, images, per_box=True, moments_only=True)
    layered = untrained("cifar_resnet20")
    with pytest.raises(ValueError, match="moments: only those of pictures' last features"):
        extract(layered, images, layers=["layer1"], moments_only=True)
