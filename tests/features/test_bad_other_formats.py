"""Every way a table, a bare array or a file of torch's can be bad, and the line that says so."""

import datetime
import decimal
import io
import os
import struct
import sys

import numpy as np
import pandas
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

from disco_jax.errors import InputError
from disco_jax.features import stored
from disco_jax.features.files import read_features

from ..refusal import refusal
from ..weights.torch_files import Storage, View, archive, tensor
from .bad import check_refused, each
from .test_bad_files import npy_of

rng = np.random.default_rng(1)
X = rng.normal(size=(30, 3))
FRAME = pandas.DataFrame(X, columns=list("abc")).assign(label=np.arange(30) % 3)


def csv(*lines):
    return "\n".join(lines).encode()


def parquet(**columns):
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


def feather(compression="zstd", **columns):
    file = io.BytesIO()
    pyarrow.feather.write_feather(pyarrow.table(columns), file, compression=compression)
    return file.getvalue()


def saved(tmp_path, value):
    return archive(tmp_path / "saved.pt", value).read_bytes()


BAD_CSV = {
    "empty": (b"", "file", "empty"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\xff" * 9, "file", "damaged"),
    "a header only": (csv("a,b,label"), "features", "empty"),
    "no features": (csv("label,id", "1,2"), "features", "no column of features among 2"),
    "a line short": (csv("a,b,label", "1,2,0", "1,2"), "line 3", "2 fields, the first line has 3"),
    "semicolons": (csv("a;b", "1;2"), "line 2, column 'a;b'", "'1;2' is no number"),
    "text": (csv("path,b", "x.jpg,2"), "line 2, column 'path'", "name it id, label or target"),
    "an empty number": (csv("a,b", "1,2", "1,"), "line 3, column 'b'", "'' is no number"),
    "an empty label": (csv("a,label", "1,x", "1, "), "line 3, column 'label'", "empty"),
    "a list": (csv("features", '"[1, 2]"'), "line 2, column 'features'", "'[1, 2]' is no number"),
    "a name twice": (csv("a,b,a", "1,2,3"), "column 'a'", "twice"),
    "y": (csv("x,y", "1,2"), "column 'y'", "label or a feature"),
    "two labels": (csv("a,label,class", "1,2,2"), "labels", "'class' and column 'label'"),
    "an endless field": (csv("a,b", "1," + "9" * 200_000), "file", "field limit"),
    "no end of a quote": (csv("a,b", '1,"2'), "file", "unexpected end"),
    "wide text": (csv("a,id", *["1,x"] * 3000, "1," + "x" * 131_000), "file", "131000 characters"),
}
BAD_PARQUET = {
    "garbage": (b"PAR1" + bytes(range(200)) + b"PAR1", "file", "damaged"),
    "no parquet": (csv("a,b", "1,2"), "file", "damaged"),
    "half": (parquet(a=X[:, 0])[:-40], "file", "damaged"),
    "text": (parquet(a=[1.0], path=["x.jpg"]), "column 'path'", "name it id, label"),
    "dates": (parquet(a=[datetime.date(2020, 1, 1)]), "column 'a'", "of type date32"),
    "decimals": (parquet(a=[decimal.Decimal("1.5")]), "column 'a'", "of type decimal"),
    "bytes": (parquet(a=[1.0], label=[b"x"]), "column 'label'", "of type binary"),
    "structs": (parquet(a=[{"x": 1}]), "column 'a'", "of type struct"),
    "lists of text": (parquet(features=[["x"]]), "column 'features'", "of type list"),
    "nothing": (parquet(a=pyarrow.nulls(3)), "column 'a'", "of type null"),
    "missing": (parquet(a=[1.0, None], b=[1.0, 2.0]), "column 'a'", "the first in row 1"),
    "missing in a list": (parquet(features=[[1.0, None]]), "column 'features'", "missing"),
    "ragged": (parquet(features=[[1.0], [1.0, 2.0]]), "column 'features'", "different lengths"),
    "empty lists": (
        parquet(features=pyarrow.array([[], []], pyarrow.list_(pyarrow.float32()))),
        "features",
        "(2, 0) is empty",
    ),
    "no rows": (parquet(a=X[:0, 0]), "features", "empty"),
    "lists beside columns": (
        parquet(a=[[1.0]], b=[1.0]),
        "column 'a'",
        "lists beside other columns",
    ),
    "text as targets": (parquet(a=[1.0], target=["x"]), "column 'target'", "no numbers"),
    "tokens": (parquet(features=[[[1.0], [2.0]]]), "features", "(1, 2, 1)"),
    "a name twice": (
        (
            lambda file: (
                pyarrow.parquet.write_table(pyarrow.table([[1.0], [2.0]], names=["a", "a"]), file),
                file.getvalue(),
            )[1]
        )(io.BytesIO()),
        "column 'a'",
        "twice",
    ),
}
BAD_FEATHER = {
    "garbage": (b"ARROW1\0\0" + bytes(range(200)), "file", "damaged"),
    "the first version": (b"FEA1" + bytes(60), "file", "damaged"),
    "half": (feather(a=X[:, 0])[:-200], "file", "damaged"),
    "text": (feather(a=[1.0], path=["x.jpg"]), "column 'path'", "name it id, label"),
    "missing": (feather(a=[None, 2.0]), "column 'a'", "the first in row 0"),
    "ragged": (feather(features=[[1.0], [1.0, 2.0]]), "column 'features'", "different lengths"),
}
BAD_NPY = {
    "garbage": (b"\0" * 100, "file", "no .npy"),
    "half": (npy_of()[:-4], "features", "promised"),
    "pickled": (npy_of("'|O'"), "features", "not unpickled"),
    "text": (npy_of("'<U1'"), "features", "<U1"),
    "complex": (npy_of("'<c8'", "(2, 1)"), "features", "complex"),
    "a vector": (npy_of(shape="(4,)"), "features", "(4,)"),
    "a scalar": (npy_of(shape="()", data=b"\0" * 4), "features", "shape []"),
    "absurd": (npy_of(shape=f"({10**18}, {10**18})"), "features", "promised"),
    "absurd in Fortran order": (
        npy_of("'<f8'", "(99, 99)", "True"),
        "features",
        "promised",
    ),
    "code": (npy_of(shape="(__import__('os').abort(),)"), "features", "npy header"),
}


@each({".csv": BAD_CSV, ".parquet": BAD_PARQUET, ".feather": BAD_FEATHER, ".npy": BAD_NPY})
def test_a_bad_file(tmp_path, suffix, raw, field, word):
    check_refused(tmp_path, suffix, raw, field, word)


class Command:
    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize(
    ("value", "field", "word"),
    [
        (3, "features", "a int"),
        ({"weight": tensor(X)}, "features", "missing"),
        ({"features": "text"}, "features", "neither a tensor nor a list"),
        ({"features": tensor(X), "labels": {"a": 1}}, "labels", "neither a tensor nor a list"),
        ({"features": tensor(X), "labels": [0, None] * 15}, "labels", "a list with a NoneType"),
        ({"features": [tensor(np.zeros(2**20))] * 2**8}, "features", "over the limit"),
        ({"features": [tensor(X[0]), tensor(X[0, :2])]}, "features", "no array"),
        (tensor(X[0]), "features", "(3,)"),
        ({"features": View(Storage(X), 0, (2**40, 2**40), (0, 0))}, "file", "beyond its storage"),
        ({"features": tensor(X), "labels": tensor(np.arange(29))}, "labels", "29 rows"),
    ],
    ids=range(10),
)
def test_a_bad_torch_file(tmp_path, value, field, word):
    path = archive(tmp_path / "a.pt", value)
    refusal(lambda: read_features(path), field, word, file=str(path))


def test_lists_of_lists_of_lists(tmp_path):
    laughs = ["ha"]
    for _ in range(40):  # numpy would look at each of 2^40
        laughs = [laughs, laughs]
    path = archive(tmp_path / "a.pt", {"features": tensor(X), "labels": laughs})
    refusal(lambda: read_features(path), "labels", "a list with a list in it", file=str(path))


def test_nothing_in_a_torch_file_is_executed(tmp_path):
    evil = Command(tmp_path / "made")
    stored = {"features": tensor(X), "epoch": evil}
    assert read_features(archive(tmp_path / "a.pt", stored)).shape == X.shape
    path = archive(tmp_path / "b.pt", {"features": evil})
    refusal(lambda: read_features(path), "features", "neither a tensor", file=str(path))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".feather", ".npy", ".pt"])
def test_what_is_not_finite_is_named(tmp_path, suffix, bad):
    values, path = X.copy(), tmp_path / f"a{suffix}"
    values[7, 2] = bad
    frame = FRAME.assign(c=values[:, 2])
    if suffix == ".csv":
        frame.to_csv(path, index=False, na_rep="nan")
    elif suffix == ".npy":
        np.save(path, values)
    elif suffix == ".pt":
        archive(path, tensor(values))
    else:  # pandas makes a missing entry of NaN
        table = pyarrow.table({name: frame[name].to_numpy() for name in frame})
        write = pyarrow.parquet.write_table if suffix == ".parquet" else None
        (write or pyarrow.feather.write_feather)(table, path)
    found = read_features(path)
    given = found if found.labels is not None else type(found)(values, labels=np.arange(30) % 3)
    where = str(path) if given is found else "the features given"
    refusal(given.check, "features", "row 7, column 2 (from 0)", file=where)


# Small files that promise large tables


def zeros(kind):
    columns = {"a": np.zeros(10**6), "b": np.zeros(10**6)}
    return parquet(**columns) if kind == ".parquet" else feather("zstd", **columns)


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_a_bomb(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(zeros(suffix))
    assert path.stat().st_size < 20_000
    assert read_features(path).shape == (10**6, 2)
    monkeypatch.setattr(stored, "AT_ONCE_LIMIT", 10**6)
    before = pyarrow.default_memory_pool().max_memory()
    refusal(lambda: read_features(path), "file", "over the limit of 1000000", file=str(path))
    assert pyarrow.default_memory_pool().max_memory() == before


def test_a_packed_buffer_that_promises_what_nobody_has(tmp_path):
    path, raw = tmp_path / "a.arrow", feather("zstd", a=np.zeros(10**4))
    size = struct.pack("<q", 8 * 10**4)
    assert raw.count(size) == 1
    path.write_bytes(raw.replace(size, struct.pack("<q", 2**50)))
    refusal(lambda: read_features(path), "file", f"{2**50} bytes", file=str(path))


def test_limits_on_what_is_read_at_once(tmp_path, monkeypatch):
    FRAME.to_csv(tmp_path / "a.csv")
    FRAME.to_parquet(tmp_path / "a.parquet")
    archive(tmp_path / "a.pt", tensor(X))
    np.save(tmp_path / "a.npy", np.asfortranarray(X))
    monkeypatch.setattr(stored, "AT_ONCE_LIMIT", 300)
    for suffix in (".csv", ".parquet", ".pt", ".npy"):
        path = tmp_path / f"a{suffix}"
        with pytest.raises(InputError, match="over the limit of 300"):
            read_features(path)


# Damage


def files(folder):
    FRAME.to_csv(folder / "a.csv", index=False)
    FRAME.to_parquet(folder / "a.parquet")
    FRAME.to_feather(folder / "a.feather", compression="lz4")
    FRAME.to_feather(folder / "a.arrow", compression="uncompressed")
    np.save(folder / "a.npy", X)
    archive(folder / "a.pt", {"features": tensor(X), "labels": tensor(np.arange(30))})
    return sorted(folder.iterdir())


def damaged(path, raw, trials, seed=2):
    """How many of the damaged files are refused; whatever is raised else comes through."""
    random, refused = np.random.default_rng(seed), 0
    for trial in range(trials):
        bad = bytearray(raw[: random.integers(1, len(raw))] if trial % 3 == 0 else raw)
        for place in random.integers(0, len(bad), random.integers(1, 4)):
            bad[place] = random.integers(256)
        path.write_bytes(bad)
        try:
            found = read_features(path)
            assert found.shape[1] > 0
            np.asarray(found.features).sum()
        except InputError as why:
            refused += 1
            assert len(str(why).splitlines()) == 1, trial
    return refused


@pytest.mark.parametrize("place", range(6), ids=["arrow", "csv", "feather", "npy", "parquet", "pt"])
def test_damage_ends_in_one_line(tmp_path, place):
    path = files(tmp_path)[place]
    assert damaged(path, path.read_bytes(), 90) > 20


if __name__ == "__main__":  # python -m tests.features.test_bad_other_formats FOLDER 10000
    import pathlib

    for each in files(pathlib.Path(sys.argv[1])):
        print(each.name, damaged(each, each.read_bytes(), int(sys.argv[2])))
