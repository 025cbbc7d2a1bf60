"""Samples at some places, of arrays and of files, against NumPy's indexing."""

import numpy as np
import pytest

from disco_jax.errors import InputError
from disco_jax.features import FeatureSet, joined, read_features, taken, write_features

X = np.random.default_rng(0).normal(size=(90, 7)).astype(np.float32)
LABELS = np.arange(90) % 3


@pytest.fixture(params=["a.safetensors", "a.npz", None])
def whole(request, tmp_path):
    given = FeatureSet(X, labels=LABELS, layers={"stem": 2 * X[:, :3]}, ids=LABELS + 5)
    if request.param is None:
        return given
    write_features(given, tmp_path / request.param)
    return read_features(tmp_path / request.param)


@pytest.mark.parametrize("near", [0, 100, 2**16])
@pytest.mark.parametrize("block", [100, 2**24])
def test_rows_are_those_of_numpy(whole, near, block, monkeypatch):
    monkeypatch.setattr(taken, "NEAR_BYTES", near)
    monkeypatch.setattr(taken, "BLOCK_BYTES", block)
    places = np.random.default_rng(1).integers(90, size=40)
    found = whole.take(places)
    np.testing.assert_array_equal(np.asarray(found.features), X[places])
    np.testing.assert_array_equal(np.asarray(found.layers["stem"]), 2 * X[places][:, :3])
    np.testing.assert_array_equal(found.labels, LABELS[places])
    np.testing.assert_array_equal(found.read_rows(3, 20), X[places[3:20]])
    assert found.shape == (40, 7) and found.read_rows(5, 5).shape == (0, 7)
    if whole.file:
        np.testing.assert_array_equal(np.concatenate([*found.features.blocks()]), X[places])
    again = found.take(np.array([7, 2]))
    np.testing.assert_array_equal(np.asarray(again.features), X[places[[7, 2]]])
    assert again.places.tolist() == places[[7, 2]].tolist()


def test_what_is_joined_stays_in_the_file(whole):
    both = joined(whole.take(np.array([80, 3])), whole.take(np.array([5])))
    assert (both.places.tolist(), both.file) == ([80, 3, 5], whole.file)
    assert isinstance(both.features, taken.TakenRows) == bool(whole.file)
    np.testing.assert_array_equal(np.asarray(both.features), X[[80, 3, 5]])
    np.testing.assert_array_equal(both.ids, LABELS[[80, 3, 5]] + 5)


def test_a_value_that_is_not_finite_is_where_it_is_in_the_file():
    bad = X.copy()
    bad[71, 4] = np.nan
    with pytest.raises(InputError, match="row 71, column 4"):
        FeatureSet(bad, labels=LABELS).take(np.arange(60, 80)).check()


def test_moments_are_of_all_samples():
    moments = FeatureSet(moments=np.zeros((8, 7), np.float32), targets=X[:, 0])
    with pytest.raises(InputError, match="moments: of all samples"):
        moments.take(np.arange(3))
