"""What people hold in their hands, as features and labels: each on the real library."""

import ml_dtypes
import numpy as np
import pandas
import pyarrow
import pytest

import disco_jax
from disco_jax import FeatureSet, InputError

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4)).astype(np.float32)
Y = np.arange(30) % 3
NAMES = np.array(["cat", "dog", "emu"])[Y]
FRAME = pandas.DataFrame(X, columns=list("abcd"))


class OnlyDlpack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


FEATURES = {
    "list of rows": X.tolist(),
    "list of arrays": list(X),
    "pandas frame": FRAME,
    "pandas column of lists": pandas.Series(X.tolist()),
    "pandas column of arrays": pandas.Series(list(X)),
    "pyarrow table": pyarrow.Table.from_pandas(FRAME),
    "pyarrow lists": pyarrow.array(X.tolist(), pyarrow.list_(pyarrow.float32())),
    "pyarrow lists of one size": pyarrow.FixedSizeListArray.from_arrays(X.ravel(), 4),
    "pyarrow chunks": pyarrow.chunked_array([X[:10].tolist(), X[10:].tolist()]),
    "dlpack": OnlyDlpack(X),
}
LABELS = {
    "list": NAMES.tolist(),
    "pandas series": pandas.Series(NAMES),
    "pandas categories": pandas.Series(NAMES, dtype="category"),
    "pyarrow strings": pyarrow.array(NAMES),
    "pyarrow dictionary": pyarrow.array(NAMES).dictionary_encode(),
}


@pytest.mark.parametrize("name", FEATURES)
def test_features(name):
    found = FeatureSet(FEATURES[name], labels=Y).features
    np.testing.assert_array_equal(np.asarray(found, np.float32), X)


@pytest.mark.parametrize("name", LABELS)
def test_labels_keep_their_names(name):
    checked = FeatureSet(X, labels=LABELS[name]).check()
    assert checked.labels.names == ("cat", "dog", "emu")
    np.testing.assert_array_equal(checked.labels.codes, Y)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (pyarrow.array([[1.0, 2.0], [3.0]]), "lists of different lengths"),
        (pyarrow.array([[1.0, 2.0], None]), "1 entries are missing"),
        (pandas.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), "dtype object"),
        (pandas.Series([[1.0], [1.0, 2.0]]), "no array"),
        (np.ma.masked_array([[1.0, 2.0]], mask=[[0, 1]]), "masked: fill it first"),
    ],
    ids=["lengths", "missing", "text", "ragged", "masked"],
)
def test_what_is_no_matrix(value, told):
    with pytest.raises(InputError, match=told) as why:
        FeatureSet(value, labels=[0, 1])
    assert len(str(why.value).splitlines()) == 1


def test_torch_tensors():
    torch = pytest.importorskip("torch", reason="no torch: make parity")
    weights = torch.from_numpy(X.copy()).requires_grad_()
    np.testing.assert_array_equal(FeatureSet(weights, labels=torch.from_numpy(Y)).features, X)
    short = FeatureSet(weights.bfloat16(), labels=Y).features
    np.testing.assert_array_equal(short, X.astype(ml_dtypes.bfloat16))
    columns = FeatureSet(weights.detach().T.contiguous().T, labels=Y).features
    np.testing.assert_array_equal(columns, X)


def test_a_hub_without_names():
    expected = disco_jax.score({"model 0": X, "model 1": -X}, labels=Y, metrics="knn").scores
    for hub in ([X, -X], np.stack([X, -X]), (FRAME, -FRAME)):
        assert disco_jax.score(hub, labels=NAMES, metrics="knn").scores == expected
    named = [FeatureSet(X, labels=Y, name="one"), FeatureSet(X, labels=Y)]
    assert list(disco_jax.score(named, metrics="knn").scores) == ["one", "model 1"]


@pytest.mark.parametrize(
    ("hub", "told"),
    [
        (X, r"an array \(30, 4\) names no models; give {name: features}"),
        (3, "int names no models"),
        (["a/x.npz", "b/x.npz"], "x is there twice"),
        ([], "there are none"),
    ],
)
def test_a_hub_that_is_none(hub, told):
    with pytest.raises(InputError, match=told):
        disco_jax.score(hub, labels=Y)
