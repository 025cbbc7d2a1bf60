"""Feature files: round trips, slices, files of and for others, and folders."""

import io
import json
import struct
import zipfile
import zlib
from dataclasses import replace

import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from disco_jax.features import stored
from disco_jax.features.feature_set import FeatureSet
from disco_jax.features.fields import FIELDS
from disco_jax.features.files import feature_files, read_features, write_features
from disco_jax.features.stored import StoredArray

from ..refusal import refusal

SUFFIXES = (".safetensors", ".npz")
REALS = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
SAFE_REALS = [*map(np.dtype, REALS), np.dtype(ml_dtypes.bfloat16)]

rng = np.random.default_rng(5)
X = rng.normal(size=(40, 6)).astype(np.float32)
Y = np.arange(40) % 3
FULL = FeatureSet(
    X,
    labels=[f"Katze {i % 3} \U0001f408"[: 7 + 2 * (i % 3)] for i in range(40)],
    targets=X[:, :2].astype(np.float64),
    boxes=X[:, :4].astype(np.float16),
    logits=X[:, :3].astype(ml_dtypes.bfloat16),
    source_features=X[:9] > 0,
    source_labels=np.arange(9, dtype=np.int8) - 4,
    ids=np.arange(40, dtype=np.uint64) + 2**63,
    provenance={"backbone": "ResNet-50 «v2»\n", "": ""},
)


def fields(features):
    given = {key: getattr(features, key) for key in FIELDS}
    return {key: np.asarray(value) for key, value in given.items() if value is not None}


def assert_same(found, expected, exact=True):
    found, expected = fields(found), fields(expected)
    assert found.keys() == expected.keys()
    for key in found:
        a, b = found[key], expected[key]
        if not exact and b.dtype == ml_dtypes.bfloat16:
            with np.errstate(invalid="ignore"):  # NaNs of every kind
                b = b.astype(np.float32)
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), key


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip(tmp_path, suffix):
    path = tmp_path / f"resnet50@layer4{suffix}"
    write_features(FULL, path)
    found = read_features(str(path))
    assert_same(found, FULL, exact=suffix == ".safetensors")
    assert (found.name, found.file) == ("resnet50@layer4", str(path))
    assert found.provenance == FULL.provenance
    lazy = {key for key in FIELDS if isinstance(getattr(found, key), StoredArray)}
    assert lazy == {"features", "logits", "source_features"}
    assert_same(found.in_memory(), found)
    here, there = found.check("detection"), FULL.check("detection")
    assert here.labels.names == there.labels.names and here.scale == there.scale


matrices = st.sampled_from(SAFE_REALS).flatmap(
    lambda dtype: hnp.arrays(
        np.dtype("u1"),
        st.tuples(st.integers(1, 9), st.integers(1, 5), st.just(dtype.itemsize)),
    ).map(
        lambda raw: (raw % 2 == 1 if dtype.kind == "b" else np.ascontiguousarray(raw).view(dtype))[
            ..., 0
        ]
    )
)
texts = st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=9)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(matrices, texts, st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
@settings(deadline=None, max_examples=60)
def test_round_trips_of_anything(suffix, tmp_path_factory, values, ids, provenance):
    path = tmp_path_factory.getbasetemp() / f"anything{suffix}"
    given = FeatureSet(values, targets=values, ids=ids[: len(values)], provenance=provenance)
    if values.dtype != ml_dtypes.bfloat16 or suffix == ".safetensors":
        given = replace(given, labels=values[:, 0], logits=values[:, :1])
    write_features(given, path)
    found = read_features(path)
    assert_same(found, given, exact=suffix == ".safetensors")
    assert found.provenance == given.provenance


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", SAFE_REALS, ids=str)
def test_slices_equal_the_whole(tmp_path, suffix, dtype, monkeypatch):
    path = tmp_path / f"a{suffix}"
    values = (10 * rng.normal(size=(40, 6))).astype(dtype)
    write_features(FeatureSet(values), path)
    found = read_features(path)
    whole = np.asarray(found.features)
    np.testing.assert_array_equal(whole, values)
    for start, stop in [(0, 40), (0, 1), (39, 40), (7, 23), (5, 5), (30, 99), (20, 10), (-3, 40)]:
        part = found.read_rows(start, stop)
        assert part.dtype == whole.dtype
        np.testing.assert_array_equal(part, whole[start:stop])
    for block_bytes in (1, 7 * 6 * whole.itemsize, 2**20):
        monkeypatch.setattr(stored, "BLOCK_BYTES", block_bytes)
        np.testing.assert_array_equal(np.concatenate([*found.features.blocks()]), whole)


def test_a_stored_array_is_like_an_array(tmp_path):
    write_features(FULL, tmp_path / "a.npz")
    stored = read_features(tmp_path / "a.npz").features
    np.testing.assert_array_equal(jnp.asarray(stored), X)
    np.testing.assert_array_equal(np.array(stored, np.float64), X)
    assert len(stored) == 40 and "features float32[40, 6]" in repr(stored)
    for index in (3, slice(0, 9, 2), [1, 2]):
        with pytest.raises(TypeError, match=r"np\.asarray"):
            stored[index]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_device_and_stored_arrays_are_written(tmp_path, suffix):
    plain = FeatureSet(X, labels=Y, logits=X[:, :3])
    write_features(plain, tmp_path / f"a{suffix}")
    device = FeatureSet(jnp.asarray(X), labels=jnp.asarray(Y), logits=jnp.asarray(X[:, :3]))
    stored = read_features(tmp_path / f"a{suffix}")
    turned = FeatureSet(np.asfortranarray(X), labels=Y.astype(">i8"), logits=X[:, 2::-1][:, ::-1])
    for other in (device, stored, turned):
        write_features(other, tmp_path / f"b{suffix}")
        ours, others = ((tmp_path / f"{x}{suffix}").read_bytes() for x in "ab")
        assert ours == others
    write_features(stored, stored.file)  # onto itself
    assert_same(read_features(stored.file), plain)


def test_same_bytes_whenever_and_wherever(tmp_path):
    """What is in a file depends on nothing but the content: these are the bytes for good."""
    small = FeatureSet([[1.0, 2.0]], ids=["é"], provenance={"z": "2", "a": "1"})
    write_features(small, tmp_path / "a.safetensors")
    raw = (tmp_path / "a.safetensors").read_bytes()
    size = int.from_bytes(raw[:8], "little")
    assert (8 + size) % 8 == 0
    assert raw[8 + size :] == struct.pack("<dd", 1, 2) + "é".encode()
    header = json.loads(raw[8 : 8 + size])
    assert list(header) == ["__metadata__", "features", "ids.utf8"]
    assert list(header["__metadata__"]) == ["a", "z", "crc32:features", "crc32:ids.utf8"]
    assert header["ids.utf8"] == {"dtype": "U8", "shape": [1, 2], "data_offsets": [16, 18]}
    crc = zlib.crc32(b"F64[1, 2]" + struct.pack("<dd", 1, 2))
    assert header["__metadata__"]["crc32:features"] == f"{crc:08x}"
    for length in range(8):
        write_features(replace(small, provenance={"": "x" * length}), tmp_path / "a.safetensors")
        assert (tmp_path / "a.safetensors").read_bytes()[0] % 8 == 0
    write_features(FULL, tmp_path / "a.safetensors")
    raw = (tmp_path / "a.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert list(header)[1:] == [  # wide types first, so that all are aligned; then by name
        *("ids", "targets", "features", "boxes", "logits"),
        *("labels.utf8", "source_features", "source_labels"),
    ]
    write_features(small, tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert archive.namelist() == ["features.npy", "ids.npy", "provenance.npy"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in archive.infolist()} == {3}


# Other people's files


def test_ours_are_read_by_others(tmp_path):
    write_features(FULL, tmp_path / "a.safetensors")
    with safetensors.safe_open(tmp_path / "a.safetensors", "numpy") as file:
        assert {"backbone", "", "crc32:features"} <= file.metadata().keys()
        names = set(file.keys())
        for key in names & FIELDS.keys():
            np.testing.assert_array_equal(file.get_tensor(key), getattr(FULL, key))
        text = file.get_tensor("labels.utf8")
    together = FIELDS.keys() - {"moments"}  # those stand alone
    assert names == together - {"labels"} | {"labels.utf8"}
    assert [bytes(row).rstrip(b"\0").decode() for row in text] == FULL.labels.tolist()
    write_features(FULL, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert json.loads(file["provenance"].item()) == FULL.provenance
        for key in together:
            np.testing.assert_array_equal(file[key], getattr(FULL, key))


@pytest.mark.parametrize("dtype", SAFE_REALS, ids=str)
def test_safetensors_of_others(tmp_path, dtype):
    values = (10 * rng.normal(size=(40, 6))).astype(dtype)
    arrays = {"features": values, "labels": Y, "hidden": np.zeros((2, 2, 2))}
    safetensors.numpy.save_file(arrays, tmp_path / "a.safetensors", metadata={"format": "np"})
    found = read_features(tmp_path / "a.safetensors")
    assert_same(found, FeatureSet(values, labels=Y))
    assert found.provenance == {"format": "np"}
    safetensors.numpy.save_file(arrays, tmp_path / "a.safetensors")
    assert read_features(tmp_path / "a.safetensors").provenance == {}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_of_others(tmp_path, save):
    path = tmp_path / "a.npz"
    labels = np.array([b"a", b"\xc3\xa9"] * 20)
    save(
        path,
        features=np.asfortranarray(X.astype(">f8")),
        logits=X[:, :1],
        labels=labels,
        hidden=np.array([None]),
        provenance=json.dumps({"a": "b"}),
    )
    found = read_features(path)
    assert_same(found, FeatureSet(X.astype("f8"), logits=X[:, :1], labels=["a", "é"] * 20))
    assert found.features.dtype.isnative and found.provenance == {"a": "b"}
    assert isinstance(found.logits, StoredArray) == (save is np.savez)
    found.check()


def test_npz_through_a_pipe(tmp_path):
    """A zip written without seeking has its sizes behind the members."""

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *args):
            raise io.UnsupportedOperation

        tell = seek

    pipe = Pipe()
    np.savez(pipe, features=X, labels=Y)
    (tmp_path / "a.npz").write_bytes(pipe.getvalue())
    assert_same(read_features(tmp_path / "a.npz"), FeatureSet(X, labels=Y))


# Folders


def test_a_folder(tmp_path):
    for name in ["b.npz", "a@x.safetensors", "c.NPZ", "c-1.npz", ".a.npz", "notes.txt", ".ab.tmp"]:
        (tmp_path / name).write_bytes(b"")
    found = feature_files(tmp_path)
    assert list(found) == ["a@x", "b", "c", "c-1"]
    assert found == feature_files(str(tmp_path))
    files = ["a@x.safetensors", "b.npz", "c.NPZ", "c-1.npz"]
    assert [path.name for path in found.values()] == files


def test_a_bad_folder(tmp_path):
    def bad(folder, *words):
        refusal(lambda: feature_files(folder), "folder", *words, file=str(folder))

    bad(tmp_path, "no feature files")
    bad(tmp_path / "none", "No such file")
    (tmp_path / "notes.txt").touch()
    bad(tmp_path, "no feature files")
    bad(tmp_path / "notes.txt", "Not a directory")
    (tmp_path / "a.npz").touch()
    (tmp_path / "a.safetensors").touch()
    bad(tmp_path, "a.npz", "a.safetensors", "twice")
