"""PyTorch's files: what is read, what is refused, and that nothing is executed."""

import argparse
import collections
import os
import zipfile

import numpy as np
import pytest

from disco_jax.torch_file import read_torch
from disco_jax.weights.checkpoint import read_checkpoint

from .torch_files import Storage, View, archive, sequence, tensor

formats = pytest.mark.parametrize("write", [archive, sequence])


def values():
    rng = np.random.default_rng(0)
    return {
        "a.weight": rng.normal(size=(3, 4, 2, 2)).astype(np.float32),
        "b": rng.normal(size=(5,)),
        "half": rng.normal(size=(2, 3)).astype(np.float16),
        "count": np.array(7),
        "none": np.zeros((0, 3), np.float32),
        "mask": np.array([True, False]),
    }


@formats
@pytest.mark.parametrize("holder", [None, "state_dict", "model"])
def test_round_trip(tmp_path, write, holder):
    state = collections.OrderedDict((key, tensor(each)) for key, each in values().items())
    stored = state if holder is None else {"epoch": 3, holder: state}
    found = read_torch(write(tmp_path / "a.pth", stored))
    assert found.keys() == values().keys()
    for key, expected in values().items():
        np.testing.assert_array_equal(found[key], expected)
        assert found[key].dtype == expected.dtype and found[key].shape == expected.shape


@formats
def test_views_of_one_storage(tmp_path, write):
    storage = Storage(np.arange(12, dtype=np.float32))
    state = {"t": View(storage, 0, (3, 4), (1, 3)), "row": View(storage, 4, (4,), (2,))}
    found = read_torch(write(tmp_path / "a.pth", state))
    np.testing.assert_array_equal(found["t"], np.arange(12).reshape(4, 3).T)
    np.testing.assert_array_equal(found["row"], [4, 6, 8, 10])


class Command:
    """What a pickle of malice has."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@formats
def test_nothing_is_executed(tmp_path, write):
    stored = {"evil": Command(tmp_path / "made"), "args": argparse.Namespace(lr=3, names=["x"])}
    found = read_torch(write(tmp_path / "a.pth", {**stored, "w": tensor(np.ones(2))}))
    assert list(found) == ["w"] and not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ([1, 2], "a list, where a dictionary of tensors is needed"),
        ({"epoch": 1, "optimizer": {}}, "no tensors among epoch, optimizer"),
        ({"w": View(Storage(np.ones(4)), 1, (4,), (1,))}, "w reaches beyond its storage"),
        ({"w": View(Storage(np.ones(4)), 0, (2**40, 2**40), (0, 0))}, "w reaches beyond"),
        ({"w": View(Storage(np.ones(4)), 3, (2,), (-1,))}, "w reaches beyond its storage"),
    ],
)
@formats
def test_what_is_refused(tmp_path, write, stored, told):
    with pytest.raises(ValueError, match=told) as why:
        read_checkpoint(write(tmp_path / "a.pth", stored))
    assert "\n" not in str(why.value) and "a.pth: weights: " in str(why.value)


def test_more_bytes_promised_than_there_are(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pth", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("name/data.pkl", b"\0" * 10_000_000)
    with pytest.raises(ValueError, match="promises more bytes"):
        read_torch(tmp_path / "a.pth")


def test_a_number_for_later_that_needs_all_memory(tmp_path):
    """The unpickler keeps values in a table as long as the largest number it is told."""
    raw = b"\x80\x02}r" + (2**31 - 1).to_bytes(4, "little") + b"."
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as file:
        file.writestr("name/data.pkl", raw)
    with pytest.raises(ValueError, match="numbers a value 2147483647 at byte 3"):
        read_torch(tmp_path / "a.pth")


@formats
def test_damaged_files_end_in_one_line(tmp_path, write):
    """Cut short or with a few bytes changed: read, or refused in one line."""
    whole = write(tmp_path / "a.pth", {key: tensor(each) for key, each in values().items()})
    raw, rng, refused = whole.read_bytes(), np.random.default_rng(1), 0
    for trial in range(150):
        bad = bytearray(raw[: rng.integers(len(raw))] if trial % 3 == 0 else raw)
        for place in rng.integers(0, max(len(bad), 1), 3 if bad else 0):
            bad[place] = rng.integers(256)
        whole.write_bytes(bytes(bad))
        try:
            read_checkpoint(whole)
        except ValueError as why:
            refused += 1
            assert "\n" not in str(why), trial
    assert refused > 50
