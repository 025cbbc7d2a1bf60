"""Feature files that other programs write, each by its own library, and folders of mixed kinds."""

import csv
import json
import shutil

import ml_dtypes
import numpy as np
import pandas
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

import disco_jax
from disco_jax.features.columns import places_of
from disco_jax.features.files import FORMATS, feature_files, read_features, write_features
from disco_jax.features.stored import StoredArray

from ..refusal import refusal
from ..weights.torch_files import archive, sequence, tensor

rng = np.random.default_rng(3)
X = rng.normal(size=(30, 4)).astype(np.float32)
Y = np.arange(30) % 3
NAMES = np.array(["cat", "dog, big", "émeu"])[Y]
FRAME = pandas.DataFrame(X, columns=list("abcd")).assign(label=NAMES, id=np.arange(30))
LISTS = pandas.DataFrame({"Features": list(X), "label": NAMES, "id": np.arange(30), "note": "x"})


def ipc_stream(frame, path):
    table = pyarrow.Table.from_pandas(frame)
    with pyarrow.OSFile(str(path), "wb") as file, pyarrow.ipc.new_stream(file, table.schema) as to:
        to.write_table(table, max_chunksize=7)


def packed(method):
    return lambda frame, path: frame.to_feather(path, compression=method)


def save_csv(frame, path):
    frame.to_csv(path)


def save_parquet(frame, path):
    frame.to_parquet(path, row_group_size=7)


TABLES = {
    "csv": (".csv", save_csv, FRAME),
    "csv, no index": (".CSV", lambda frame, path: frame.to_csv(path, index=False), FRAME),
    "parquet": (".parquet", save_parquet, FRAME),
    "parquet with an index": (".parquet", save_parquet, FRAME.sort_values("a").sort_values("id")),
    "parquet of lists": (".parquet", save_parquet, LISTS),
    "parquet, categories": (".parquet", save_parquet, FRAME.astype({"label": "category"})),
    "feather": (".feather", packed("lz4"), FRAME),
    "feather of lists": (".feather", packed("zstd"), LISTS),
    "arrow": (".arrow", packed("uncompressed"), FRAME),
    "arrow, categories": (".arrow", packed("zstd"), FRAME.astype({"label": "category"})),
    "arrow stream": (".arrow", ipc_stream, FRAME),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables(tmp_path, kind):
    suffix, write, frame = TABLES[kind]
    write(frame, tmp_path / f"a{suffix}")
    found = read_features(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(np.asarray(found.features, np.float32), X)
    assert found.labels.tolist() == NAMES.tolist()
    assert found.ids.tolist() == list(range(30))
    assert found.logits is None and found.name == "a"


def test_columns_of_every_field():
    names = [
        *("w0", "Label", "target_x", "target_y", "box_x0", "box_y0", "box_x1", "box_y1"),
        *("logit_0", "logit_1", "id", "", "Unnamed: 0", "__index_level_0__", "w1"),
    ]
    assert places_of("a", names) == {
        "features": [0, 14],
        "labels": [1],
        "targets": [2, 3],
        "boxes": [4, 5, 6, 7],
        "logits": [8, 9],
        "ids": [10],
    }


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_fields_of_several_columns(tmp_path, suffix):
    frame = FRAME.drop(columns=["label", "id"])
    frame["label_0"], frame["label_1"] = Y == 0, Y == 1
    frame["target_x"], frame["target_y"] = X[:, 0], X[:, 1]
    frame[["label_0", "label_1"]] = frame[["label_0", "label_1"]].astype(int)
    path = tmp_path / f"a{suffix}"
    (save_csv if suffix == ".csv" else save_parquet)(frame, path)
    found = read_features(path)
    np.testing.assert_array_equal(found.labels, np.stack([Y == 0, Y == 1], 1))
    np.testing.assert_array_equal(found.targets.astype(np.float32), X[:, :2])
    assert found.check("classification").labels.codes.shape == (30, 2)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["3", "-1", "3"], np.array([3, -1, 3])),
        (["007", "7", "8"], np.array(["007", "7", "8"])),
        (["1.5", "2", "2"], np.array([1.5, 2, 2])),
        ([str(10**30), "1", "2"], np.array([str(10**30), "1", "2"])),
    ],
)
def test_labels_of_a_csv(tmp_path, cells, expected):
    with open(tmp_path / "a.csv", "w", newline="") as file:
        csv.writer(file).writerows([["x", "label"], *([0.5, cell] for cell in cells)])
    found = read_features(tmp_path / "a.csv").labels
    assert found.dtype.kind == expected.dtype.kind and found.tolist() == expected.tolist()


@pytest.mark.parametrize("order", "CF")
def test_a_bare_npy(tmp_path, order):
    np.save(tmp_path / "a.npy", np.asarray(X, order=order))
    found = read_features(tmp_path / "a.npy")
    np.testing.assert_array_equal(found.features, X)
    assert isinstance(found.features, StoredArray) == (order == "C")
    np.testing.assert_array_equal(found.read_rows(3, 5), X[3:5])


@pytest.mark.parametrize("write", [archive, sequence])
def test_torch_files_without_torch(tmp_path, write):
    stored = {
        "features": tensor(X),
        "features@early": tensor(X[:, :2]),
        "labels": NAMES.tolist(),
        "source_features": tensor(X[:7]),
        "epoch": 3,
    }
    found = read_features(write(tmp_path / "a.pt", stored))
    np.testing.assert_array_equal(found.features, X)
    np.testing.assert_array_equal(found.layers["early"], X[:, :2])
    assert found.labels.tolist() == NAMES.tolist() and found.source_features.shape == (7, 4)
    alone = read_features(write(tmp_path / "b.pth", tensor(X)))
    np.testing.assert_array_equal(alone.features, X)
    rows = read_features(write(tmp_path / "c.pth", {"features": [tensor(row) for row in X]}))
    np.testing.assert_array_equal(rows.features, X)


def test_torch_files_of_torch(tmp_path):
    torch = pytest.importorskip("torch", reason="no torch: make parity")
    features = torch.nn.Parameter(torch.from_numpy(X.copy()).bfloat16())
    torch.save({"features": features, "labels": torch.from_numpy(Y)}, tmp_path / "a.pt")
    found = read_features(tmp_path / "a.pt")
    np.testing.assert_array_equal(found.features, X.astype(ml_dtypes.bfloat16))
    np.testing.assert_array_equal(found.labels, Y)
    torch.save(torch.from_numpy(X.copy()).T, tmp_path / "b.pt")
    np.testing.assert_array_equal(read_features(tmp_path / "b.pt").features, X.T)


# Folders


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """The same model in every format, and what lies beside models."""
    folder = tmp_path_factory.mktemp("mixed")
    plain = disco_jax.FeatureSet(X, labels=Y)
    frame = FRAME.assign(label=Y)
    write_features(plain, folder / "a.safetensors")
    write_features(plain, folder / "b.npz")
    np.save(folder / "c.npy", X)
    save_csv(frame, folder / "d.csv")
    save_parquet(frame, folder / "e.parquet")
    packed("lz4")(frame, folder / "f.feather")
    ipc_stream(frame, folder / "g.arrow")
    archive(folder / "h.pt", {"features": tensor(X), "labels": tensor(Y)})
    sequence(folder / "i.pth", tensor(X))
    np.save(folder / "labels.npy", Y)
    (folder / "accuracies.csv").write_text("model,cifar\na,0.5\n")
    (folder / "Scores.csv").write_text("model,disco\na,0.5\n")
    (folder / "scores.json").write_text("{}")
    return folder


def test_a_folder_of_all_kinds(mixed, run):
    assert list(feature_files(mixed)) == list("abcdefghi")
    assert len(FORMATS) == 9
    labels = mixed / "labels.npy"
    code, out, err = run("score", mixed, "--labels", labels, "--metrics", "knn", "--format", "json")
    assert (code, err) == (0, "")
    scores = json.loads(out)["scores"]
    assert list(scores) == list("abcdefghi") and len({row["knn"] for row in scores.values()}) == 1


def test_one_file_in_place_of_a_folder(mixed, run):
    code, out, err = run("score", mixed / "e.parquet", "--metrics", "knn", "--format", "csv")
    assert (code, err) == (0, "") and "\ne," in out


def test_a_table_of_something_else(mixed, tmp_path):
    shutil.copy(mixed / "accuracies.csv", tmp_path / "accuracies_of_all.csv")
    path = next(iter(feature_files(tmp_path).values()))
    refusal(
        lambda: read_features(path),
        "line 2, column 'model'",
        "'a' is no number",
        "every other column is a feature",
        file=str(path),
    )


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s not in (".safetensors", ".npz")])
def test_they_are_not_written(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write = lambda: write_features(disco_jax.FeatureSet(X), path)  # noqa: E731
    refusal(write, "file", "read, not written", ".safetensors or .npz", file=str(path))
    assert not path.exists()
