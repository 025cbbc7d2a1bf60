"""Features that come in batches: from generators, loaders and anything that can be gone through."""

import gc
import tempfile
import tracemalloc
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import disco_jax
from disco_jax.features.batches import gathered, is_batches
from disco_jax.features.stored import StoredArray

from ..refusal import refusal

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4)).astype(np.float32)
Y = np.arange(30) % 3
NAMES = np.array(["cat", "dog", "emu"])[Y]
SPEC = "disco:components=32"


@pytest.fixture(autouse=True)
def rows_are_kept_there(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    gc.collect()
    assert [*tmp_path.iterdir()] == []


def batches(*arrays, size=7, make=tuple):
    for start in range(0, len(arrays[0]), size):
        yield make(array[start : start + size] for array in arrays)


@pytest.mark.parametrize("make", [tuple, list])
@pytest.mark.parametrize("labels", [Y, NAMES, NAMES.tolist()], ids=["int", "text", "list"])
def test_pairs(make, labels):
    found = gathered("a", batches(X, labels, make=make))
    assert isinstance(found.features, StoredArray) and found.name == "a"
    np.testing.assert_array_equal(found.features, X)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.read_rows(5, 9), X[5:9])


@pytest.mark.parametrize("dtype", [np.float64, np.float16, ml_dtypes.bfloat16, np.uint8, bool])
def test_dtypes(dtype):
    values = (10 * X).astype(dtype)
    found = gathered("a", (values[start : start + 9] for start in range(0, 30, 9)))
    assert found.features.dtype == dtype and found.labels is None
    np.testing.assert_array_equal(np.asarray(found.features), values)


def test_a_hub_of_generators():
    expected = disco_jax.score({"a": X, "b": -X}, labels=NAMES, metrics="knn,disco").scores
    hub = {"a": batches(X, NAMES), "b": batches(-X, NAMES, size=30)}
    assert disco_jax.score(hub, metrics="knn,disco").scores == expected
    hub = {"a": batches(X), "b": batches(-X, Y)}  # labels for all in place of those that came
    assert disco_jax.score(hub, labels=NAMES, metrics="knn,disco").scores == expected


def test_tokens():
    tokens = rng.normal(size=(30, 3, 4)).astype(np.float32)
    found = gathered("a", batches(tokens, Y), pool="max")
    np.testing.assert_array_equal(found.features, tokens.max(axis=1))


def test_memory_is_that_of_a_batch():
    def large():
        for _ in range(64):
            yield np.zeros((1000, 256), np.float32), np.arange(1000) % 2  # 1 MB

    tracemalloc.start()
    found = gathered("a", large())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (64_000, 256) and peak < 8e6


def test_what_does_not_fit_is_streamed(monkeypatch):
    from disco_jax.scoring import run as running

    expected = disco_jax.score({"a": X}, labels=Y, metrics=SPEC).scores["a"][SPEC]
    monkeypatch.setattr(running, "working_bytes", lambda bucket: 10**15)
    found = disco_jax.score({"a": batches(X, Y)}, metrics=SPEC).scores["a"][SPEC]
    assert found == pytest.approx(expected, rel=1e-5)


def test_loaders_of_torch():
    torch = pytest.importorskip("torch", reason="no torch: make parity")
    data = torch.utils.data.TensorDataset(torch.from_numpy(X.copy()), torch.from_numpy(Y))
    loader = torch.utils.data.DataLoader(data, batch_size=7)
    expected = disco_jax.score({"a": X}, labels=Y, metrics="knn").scores
    for _ in range(2):
        assert disco_jax.score({"a": loader}, metrics="knn").scores == expected


def test_what_comes_in_batches():
    assert is_batches(batches(X)) and is_batches(iter([X])) and is_batches({"a": X}.values())
    assert not any(map(is_batches, (X, X.tolist(), "a", {"a": X}, 3)))


@pytest.mark.parametrize(
    ("given", "where", "word"),
    [
        ([], "a", "no batches came"),
        ([X[0]], "a: batch 0", "shape (4,)"),
        ([(X, Y, Y)], "a: batch 0", "a tuple of 3; give (features, labels)"),
        ([{"features": X}], "a: batch 0", "a dict of 1"),
        ([(X, Y[1:])], "a: batch 0", "29 rows"),
        ([X, X[:, :3]], "a: batch 1", "3 columns of float32 without labels, the first 4 columns"),
        ([X, X.astype(np.float64)], "a: batch 1", "4 columns of float64"),
        ([(X, Y), X], "a: batch 1", "without labels, the first 4 columns of float32"),
        ([X, X[:0]], "a: batch 1", "is empty"),
        ([X.astype(object)], "a: batch 0", "dtype object"),
        ([np.stack([X, X])], "a: batch 0", "pool (--pool)"),
    ],
    ids=str,
)
def test_what_is_refused(given, where, word):
    field = "labels" if "29" in word else "features"
    refusal(lambda: gathered("a", iter(given)), field, word, file=where)


def test_a_folder_without_room(monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    kept = tempfile.mkstemp

    def full(**options):
        made, path = kept(**options)
        import os

        os.close(made)
        return os.open("/dev/full", os.O_WRONLY), path

    monkeypatch.setattr(tempfile, "mkstemp", full)
    large = (np.zeros((1000, 256), np.float32) for _ in range(2))
    refusal(lambda: gathered("a", large), "features", "No space left", "TMPDIR", file="a: batch 0")


def test_an_error_of_the_generator_is_its_own():
    def broken():
        yield X, Y
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        disco_jax.score({"a": broken()})
