"""Every way a feature file can be bad, and the one line that says so."""

import io
import json
import os
import re
import struct
import zipfile

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from disco_jax.features import stored
from disco_jax.features.feature_set import FeatureSet
from disco_jax.features.files import read_features, write_features

from ..refusal import refusal
from .bad import check_refused, each

SUFFIXES = (".safetensors", ".npz")

rng = np.random.default_rng(7)
X = rng.normal(size=(40, 6)).astype(np.float32)
Y = np.arange(40) % 3


def npz(save=np.savez, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def zipped(members, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def npy(header, data=b"", version=b"\x01\x00"):
    text = header.encode("latin-1")
    length = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + length + text + data


def npy_of(descr="'<f4'", shape="(2, 2)", order="False", data=b"\0" * 16):
    return npy(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n", data)


def member(**layout):
    return zipped([("features.npy", npy_of(**layout))])


def tensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(dtype="F32", shape=(2, 2), offsets=(0, 16)):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def one(data=b"\0" * 16, **entry):
    return tensors({"features": tensor(**entry)}, data)


PLAIN = npz(features=X, labels=Y)
PACKED = npz(np.savez_compressed, features=X, labels=Y)
SAFE = safetensors.numpy.save({"features": X, "labels": Y})
PAIR = {"features": tensor(), "labels": tensor("I8", (2,), (16, 18))}


def patched(raw, old, new):
    assert old in raw and len(old) == len(new)
    return raw.replace(old, new)


def grown(raw, more):
    """The same zip whose first member is promised to be larger, in both places."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        info = archive.infolist()[0]
    old = struct.pack("<LL", info.compress_size, info.file_size)
    return raw.replace(old, struct.pack("<LL", info.compress_size, info.file_size + more))


def nested():
    """A zip whose features contain another member, which its directory lists too."""
    inner = zipped([("labels.npy", npy_of("'|i1'", "(1,)", data=b"\1"))])
    local = inner[: inner.index(b"PK\1\2")]
    entry = inner[inner.index(b"PK\1\2") : inner.index(b"PK\5\6")]
    outer = member(descr="'|i1'", shape=f"(1, {len(local)})", data=local)
    end = outer.index(b"PK\5\6")
    start = outer.index(b"PK\1\2", outer.index(b"PK\3\4", 4) + len(local))
    entry = entry[:42] + struct.pack("<L", start - len(local)) + entry[46:]
    sizes = struct.pack("<HHLLH", 2, 2, end - start + len(entry), start, 0)
    return outer[:end] + entry + b"PK\5\6\0\0\0\0" + sizes


NESTED = nested()
BAD_NPZ = {
    "empty": (b"", "file", "empty"),
    "text": (b"hello", "file", "no npz"),
    "a pickle": (b"\x80\x04\x95\x10\x00\x00\x00.", "file", "no npz"),
    "a bare npy": (npy_of(), "file", "no npz"),
    "an empty zip": (zipped([]), "features", "missing"),
    "no features": (npz(labels=Y), "features", "missing"),
    "features without .npy": (zipped([("features", npy_of())]), "features", "missing"),
    "half": (PLAIN[: len(PLAIN) // 2], "file", "no npz"),
    "packed and half": (PACKED[:-100], "file", "no npz"),
    "beheaded": (b"\0\0" + PLAIN[2:], "file", "damaged"),
    "a local name": (PLAIN.replace(b"labels.npy", b"lapels.npy", 1), "file", "'lapels.npy'"),
    "a bit of labels": (patched(PLAIN, Y[5:9].tobytes(), Y[4:8].tobytes()), "file", "CRC"),
    "twice": (patched(npz(features=X, f3atures=X), b"f3a", b"fea"), "file", "twice"),
    "pickled features": (npz(features=X.astype(object)), "features", "pickled"),
    "pickled labels": (npz(features=X, labels=Y.astype(object)), "labels", ".astype(str)"),
    "pickled provenance": (npz(features=X, provenance={"a": "b"}), "provenance", "pickled"),
    "provenance, no JSON": (npz(features=X, provenance="x"), "file", "JSONDecodeError"),
    "provenance, a list": (npz(features=X, provenance="[]"), "provenance", "list"),
    "provenance, nested": (npz(features=X, provenance='{"a": {}}'), "provenance", "text"),
    "provenance, deep": (npz(features=X, provenance="[" * 99999), "file", "RecursionError"),
    "provenance, a number": (npz(features=X, provenance=3), "provenance", "int64"),
    "provenance, huge": (
        zipped([("features.npy", npy_of()), ("provenance.npy", npy_of("'<U99999999'", "()"))]),
        "provenance",
        "promised",
    ),
    "structured": (npz(features=np.zeros(3, "f4,f4")), "features", "structured"),
    "structured in disguise": (member(descr="'<f4,i4'"), "features", "<f4,i4".strip("<")),
    "complex": (npz(features=X.astype(complex)), "features", "complex"),
    "bfloat16": (npz(features=X.astype(ml_dtypes.bfloat16)), "features", "bfloat16"),
    "dates": (npz(features=X.astype("M8[s]")), "features", "M8[s]"),
    "wide floats": (npz(features=X.astype(np.longdouble)), "features", "float128"),
    "a vector": (npz(features=X[0]), "features", "(6,)"),
    "a scalar": (npz(features=1.0), "features", "[]"),
    "no rows": (npz(features=X[:0]), "features", "[0, 6]"),
    "lengths": (npz(features=X, labels=Y[1:]), "labels", "39 rows"),
    "no such dtype": (member(descr="'<f3'"), "file", "TypeError"),
    "no size": (member(descr="'<f'"), "features", "dtype f"),
    "text of no width": (member(descr="'<U0'", shape=f"({10**15}, 1)", data=b""), "features", "U0"),
    "text of huge width": (member(descr=f"'<U{10**18}'", shape="(2, 1)"), "features", "U1000"),
    "digits": (member(shape="(" + "9" * 8000 + ", 1)"), "file", "ValueError"),
    "absurd": (member(shape=f"({10**18}, {10**18})"), "features", "promised"),
    "negative": (member(shape="(-2, -2)"), "features", "npy header"),
    "too many": (member(shape="(2, 3)"), "features", "promised"),
    "too few": (member(shape="(2, 1)"), "features", "promised"),
    "many axes": (member(shape="(" + "1, " * 99 + "4)"), "features", "(n, d)"),
    "code": (member(shape="(__import__('os').abort(),)"), "features", "npy header"),
    "nested": (zipped([("features.npy", npy("(" * 9000))]), "features", "npy header"),
    "long header": (zipped([("features.npy", npy(" " * 60000))]), "file", "60000"),
    "version 3": (
        zipped([("features.npy", npy("{}", version=b"\x03\x00"))]),
        "file",
        "version 1 or 2",
    ),
    "version 2, endless": (
        zipped([("features.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}")]),
        "file",
        str(2**32 - 1),
    ),
    "text beyond Unicode": (
        zipped(
            [("features.npy", npy_of()), ("ids.npy", npy_of("'<U2'", "(2,)", data=b"\xff" * 16))]
        ),
        "ids",
        "no Unicode",
    ),
    "text that is no UTF-8": (npz(features=X, ids=np.full(40, b"\xff")), "ids", "utf-8"),
    "another packer": (
        zipped([("features.npy", npy_of())], zipfile.ZIP_LZMA),
        "features",
        "packed by method 14",
    ),
    "encrypted": (
        re.sub(rb"(PK\x01\x02....)\x00", lambda found: found[1] + b"\1", member(), flags=re.DOTALL),
        "features",
        "encrypted",
    ),
    "packed, less than promised": (
        grown(zipped([("features.npy", npy_of(shape="(4, 2)"))], zipfile.ZIP_DEFLATED), 16),
        "file",
        "too early",
    ),
    "bytes listed twice": (NESTED, "file", "-"),
    "a bomb": (grown(PACKED, 2**30), "features", "cannot hold"),
    "a stored bomb": (grown(member(), 2**30), "features", "cannot hold"),
}

BAD_SAFETENSORS = {
    "empty": (b"", "file", "empty"),
    "short": (b"\1\2\3", "file", "truncated"),
    "text": (b"hello world, this is no header", "file", "no safetensors"),
    "a header only": (tensors({}), "features", "missing"),
    "no features": (tensors({"labels": tensor("I8", [2], [0, 2])}, b"\1\2"), "features", "missing"),
    "truncated": (SAFE[:-1], "file", "truncated"),
    "padded": (SAFE + b"\0", "file", "padded"),
    "a header truncated": (SAFE[:50], "file", "truncated"),
    "a huge header": ((2**62).to_bytes(8, "little") + SAFE[8:], "file", "header"),
    "a long header": (tensors(b" " * 11_000_000), "file", "header"),
    "no JSON": (tensors(b"{'features': 1}"), "file", "JSONDecodeError"),
    "no object": (tensors(b"[]"), "file", "no safetensors"),
    "no UTF-8": (tensors(b'{"\xff": 1}'), "file", "UnicodeDecodeError"),
    "deep": (tensors(b"[" * 100_000), "file", "RecursionError"),
    "digits": (tensors(b'{"features": ' + b"9" * 9999 + b"}"), "file", "ValueError"),
    "a name twice": (
        tensors(b'{"features": 1, "features": 2}'),
        "file",
        "twice",
    ),
    "an entry": (tensors({"features": 3}), "file", "TypeError"),
    "no offsets": (tensors({"features": {"dtype": "F32", "shape": [2, 2]}}), "file", "offsets"),
    "three offsets": (one(offsets=[0, 8, 16]), "file", "ValueError"),
    "offsets beyond": (one(offsets=[0, 10**18]), "file", "truncated"),
    "negative offsets": (one(offsets=[-16, 0]), "file", "data_offsets"),
    "turned offsets": (one(offsets=[16, 0]), "file", "data_offsets"),
    "real offsets": (one(offsets=[0, 16.0]), "file", "data_offsets"),
    "true offsets": (one(offsets=[False, 16]), "file", "data_offsets"),
    "a gap": (one(offsets=[8, 24], data=b"\0" * 24), "file", "gap"),
    "an overlap": (
        tensors({"features": tensor(), "labels": tensor("I8", [2], [14, 16])}, b"\0" * 16),
        "file",
        "overlap",
    ),
    "negative shape": (one(shape=[-2, -2]), "features", "shape [-2, -2]"),
    "absurd shape": (one(shape=[10**18, 10**18]), "features", "promised"),
    "real shape": (one(shape=[2.0, 2]), "features", "shape [2.0, 2]"),
    "no shape": (one(shape=None), "file", "TypeError"),
    "shape of text": (one(shape="22"), "features", "shape ['2', '2']"),
    "scalar": (one(b"\0" * 4, shape=[], offsets=[0, 4]), "features", "shape []"),
    "no rows": (one(b"", shape=[0, 10**18], offsets=[0, 0]), "features", "shape [0"),
    "a vector": (one(shape=[4]), "features", "(4,)"),
    "many axes": (one(shape=[1] * 99 + [4]), "features", "(n, d)"),
    "sizes": (one(shape=[2, 3]), "features", "promised"),
    "complex": (one(dtype="C64", shape=[2, 1]), "features", "C64"),
    "float8": (one(dtype="F8_E4M3", shape=[4, 4]), "features", "F8_E4M3"),
    "dtype": (one(dtype=["F32"]), "file", "TypeError"),
    "lengths": (safetensors.numpy.save({"features": X, "ids": Y[1:]}), "ids", "39 rows"),
    "metadata": (tensors({"__metadata__": [1], **PAIR}, b"\0" * 18), "file", "AttributeError"),
    "metadata, nested": (
        tensors({"__metadata__": {"a": {}}, **PAIR}, b"\0" * 18),
        "provenance",
        "text",
    ),
    "a checksum that is none": (
        tensors({"__metadata__": {"crc32:labels": "xyz"}, **PAIR}, b"\0" * 18),
        "file",
        "ValueError",
    ),
    "a checksum that is wrong": (
        tensors({"__metadata__": {"crc32:ids": "0"}, "ids": tensor("I8", [16])}, b"\0" * 16),
        "ids",
        "checksum",
    ),
    "a checksum alone": (
        tensors({"__metadata__": {"crc32:logits": "0"}, **PAIR}, b"\0" * 18),
        "logits",
        "lost",
    ),
    "a checksum too few": (
        tensors({"__metadata__": {"crc32:labels": "41d912ff"}, **PAIR}, b"\0" * 18),
        "features",
        "without checksum",
    ),
    "text and numbers": (
        tensors({**PAIR, "labels.utf8": tensor("U8", [2, 1], [18, 20])}, b"\0" * 20),
        "labels",
        "twice",
    ),
    "text in a vector": (
        tensors({"labels.utf8": tensor("U8", [2], [0, 2])}, b"\0" * 2),
        "file",
        "text must be",
    ),
    "text that is no UTF-8": (
        tensors({"labels.utf8": tensor("U8", [2, 1], [0, 2])}, b"\xff" * 2),
        "file",
        "UnicodeDecodeError",
    ),
    "features as text": (
        tensors({"features.utf8": tensor("U8", [2, 1], [0, 2])}, b"ab"),
        "features",
        "real numbers",
    ),
}


@each({".npz": BAD_NPZ, ".safetensors": BAD_SAFETENSORS})
def test_a_bad_file(tmp_path, suffix, raw, field, word):
    check_refused(tmp_path, suffix, raw, field, word)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_features_of_an_npz(tmp_path, save):
    """Stored features are compared with their checksum by the check, packed ones when read."""
    raw = bytearray(npz(save, features=rng.normal(size=(900, 6)), labels=np.arange(900) % 3))
    raw[20_000] ^= 1
    (tmp_path / "a.npz").write_bytes(raw)
    path = str(tmp_path / "a.npz")
    if save is np.savez_compressed:
        refusal(lambda: read_features(path), "file", "CRC", file=path)
        return
    found = read_features(path)
    for use in (found.check, found.in_memory, lambda: [*found.features.blocks()]):
        refusal(use, "features", "checksum", file=path)


def test_damaged_features_of_our_safetensors(tmp_path):
    path = tmp_path / "a.safetensors"
    write_features(FeatureSet(X), path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    for raw in (
        bytes(flipped),
        patched(whole, b"[40,6]", b"[6,40]"),
        patched(whole, b'"F32"', b'"I32"'),
        patched(whole, b"[40,6]", b"[80,3]"),
    ):
        path.write_bytes(raw)
        found = read_features(path)
        refusal(found.in_memory, "features", "checksum", file=str(path))
        stream = found.features.blocks
        refusal(lambda s=stream: [*s()], "features", "checksum", file=str(path))


def test_a_limit_on_what_has_to_be_read_at_once(tmp_path, monkeypatch):
    path = str(tmp_path / "a.npz")
    monkeypatch.setattr(stored, "AT_ONCE_LIMIT", 900)
    for save, x in ((np.savez_compressed, X), (np.savez, np.asfortranarray(X))):
        save(path, features=x)
        refusal(lambda: read_features(path), "features", "960 bytes", "np.savez", file=path)
    np.savez(path, features=X)
    assert read_features(path).shape == X.shape
    path = str(tmp_path / "a.safetensors")
    write_features(FeatureSet(X, targets=X.astype(np.float64)), path)
    refusal(lambda: read_features(path), "targets", "1920 bytes", file=path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_changes_under_its_reader(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_features(FeatureSet(X, labels=Y), path)
    found, again, gone = (read_features(path) for _ in range(3))
    os.truncate(path, path.stat().st_size - 900)
    refusal(lambda: found.read_rows(30, 40), "features", "changed", file=str(path))
    write_features(FeatureSet(X + 1, labels=Y), path)
    refusal(lambda: again.read_rows(0, 10), "features", "changed", file=str(path))
    path.unlink()
    refusal(lambda: gone.read_rows(0, 10), "features", "No such file", file=str(path))


def test_what_is_no_file(tmp_path):
    for path, word in [
        (tmp_path / "none.npz", "No such file"),
        (tmp_path / "a.txt", "use .safetensors, .npz, .npy"),
        (tmp_path / "folder.npz", "regular"),
        (tmp_path / "pipe.safetensors", "regular"),
        (tmp_path / "loop.npz", "symbolic links"),
    ]:
        if path.stem == "folder":
            path.mkdir()
        elif path.stem == "pipe":
            os.mkfifo(path)
        elif path.stem == "loop":
            path.symlink_to(path)
        refusal(lambda p=path: read_features(p), "file", word, file=str(path))


def test_impossible_booleans(tmp_path):
    """Bytes other than 0 and 1 under the name BOOL are true, not something between the two."""
    (tmp_path / "a.safetensors").write_bytes(
        one(bytes([0, 1, 2, 255]), dtype="BOOL", offsets=[0, 4])
    )
    found = np.asarray(read_features(tmp_path / "a.safetensors").features)
    assert found.view(np.uint8).tolist() == [[0, 1], [1, 1]]
