"""Frames with named columns as models: each on the real library."""

import numpy as np
import pandas
import pyarrow
import pytest

import disco_jax
from disco_jax.features.frames import fields_of_frame

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4)).astype(np.float32)
Y = np.arange(30) % 3
NAMES = np.array(["cat", "dog", "emu"])[Y]
FRAME = pandas.DataFrame(X, columns=list("abcd")).assign(label=NAMES, id=Y)
LISTS = {"features": X.tolist(), "label": NAMES.tolist(), "path": NAMES.tolist()}


def scores(value, **options):
    return disco_jax.score({"a": value}, metrics="knn", **options).scores


@pytest.fixture(scope="module")
def expected():
    return scores(X, labels=NAMES)


@pytest.mark.parametrize(
    "frame",
    [FRAME, pyarrow.Table.from_pandas(FRAME), pyarrow.table(LISTS), pandas.DataFrame(LISTS)],
    ids=["pandas", "pyarrow", "pyarrow lists", "pandas lists"],
)
def test_pandas_and_pyarrow(frame, expected):
    assert scores(frame) == expected
    assert scores(frame, labels=NAMES) == expected


def test_numbered_columns(expected):
    assert scores(pandas.DataFrame(X), labels=NAMES) == expected


def test_polars(expected):
    polars = pytest.importorskip("polars")
    assert scores(polars.DataFrame({**dict(zip("abcd", X.T, strict=True)), "label": NAMES})) == (
        expected
    )
    lists = polars.DataFrame(LISTS)
    assert scores(lists) == expected
    fixed = lists.with_columns(polars.col("features").cast(polars.Array(polars.Float32, 4)))
    assert scores(fixed.with_columns(polars.col("label").cast(polars.Categorical))) == expected
    assert scores(polars.DataFrame(X), labels=polars.Series(NAMES)) == expected


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
def test_files_of_polars(tmp_path, suffix, expected):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(LISTS).with_columns(polars.col("label").cast(polars.Categorical))
    path = tmp_path / f"a{suffix}"
    (frame.write_parquet if suffix == ".parquet" else frame.write_ipc)(path)
    assert scores(path) == expected


def test_datasets(tmp_path, expected):
    datasets = pytest.importorskip("datasets")
    names = datasets.ClassLabel(names=["cat", "dog", "emu"])
    found = datasets.Dataset.from_dict(LISTS).cast_column("label", names)
    assert scores(found) == expected
    assert scores(found.with_format("torch" if False else "numpy")) == expected
    turned = found.shuffle(seed=1)  # a table of indices over the same rows
    order = np.argsort(np.asarray(turned["label"]), kind="stable")
    np.testing.assert_array_equal(fields_of_frame("a", turned)["labels"], turned["label"])
    picked = fields_of_frame("a", turned.select(order))
    assert picked["labels"].tolist() == sorted(Y.tolist()) and picked["features"].shape == (30, 4)
    columns = {**dict(zip("abcd", X.T.tolist(), strict=True)), "label": Y.tolist()}
    assert scores(datasets.Dataset.from_dict(columns)) == expected
    found.to_parquet(tmp_path / "a.parquet")
    assert scores(tmp_path / "a.parquet") == expected
    found.save_to_disk(tmp_path / "saved")
    arrow = next((tmp_path / "saved").glob("*.arrow"))
    assert scores(arrow.rename(tmp_path / "a.arrow")) == expected


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (FRAME.assign(path="x.jpg"), "a: column 'path': no numbers, but <U5; name it id, label"),
        (FRAME.assign(e=[None, *[1.0] * 29]).astype({"e": object}), "column 'e': no numbers"),
        (FRAME.rename(columns={"d": "y"}), "column 'y': may be the label or a feature"),
        (FRAME.rename(columns={"d": "a"}), "column 'a': there twice"),
        (FRAME[["label"]], "no column of features among 1"),
        (FRAME.assign(e=np.array(Y, "M8[s]")), "column 'e': no numbers, but datetime64"),
    ],
)
def test_what_is_no_table_of_features(frame, told):
    with pytest.raises(disco_jax.InputError) as why:
        scores(frame, labels=NAMES)
    assert told in str(why.value) and len(str(why.value).splitlines()) == 1
