"""The file that gives a whole hub its labels: every form of it, and what is wrong with one."""

import numpy as np
import pytest

from disco_jax.errors import InputError
from disco_jax.features import read_labels


@pytest.mark.parametrize(
    ("name", "text", "labels"),
    [
        ("a.txt", "cat\ndog\ncat", ["cat", "dog", "cat"]),
        ("a.txt", "Label\ncat\ndog\n\n\n", ["cat", "dog"]),
        ("a.txt", "\ufeffcat\r\n dog \r\n", ["cat", "dog"]),
        ("a.txt", "3\n10\n3\n", ["3", "10", "3"]),
        ("a.csv", 'labels\n"cat, black"\ndog\n', ["cat, black", "dog"]),
        ("a.CSV", "inf\nnan\n1\n", None),
    ],
)
def test_text(tmp_path, name, text, labels):
    (tmp_path / name).write_bytes(text.encode())
    if labels is None:
        with pytest.raises(InputError, match="real-valued, as inf; give classes"):
            read_labels(tmp_path / name)
    else:
        assert read_labels(tmp_path / name).tolist() == labels


@pytest.mark.parametrize("labels", [np.arange(5), np.eye(3, dtype=np.int8), np.array(["a", "b"])])
def test_arrays(tmp_path, labels):
    np.save(tmp_path / "a.npy", labels)
    np.testing.assert_array_equal(read_labels(tmp_path / "a.npy"), labels)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"[]", "suffix '.json'; give an .npy array"),
        ("a.txt", b"cat\n\ndog\n", "label 2 is empty; fill it in"),
        ("a.txt", b"label\n", "no labels in it"),
        ("a.txt", b"\xff\xfe\x00", "neither text nor an array"),
        ("a.txt", b"0.5\n1\n", "real-valued, as 0.5; give classes"),
        ("a.csv", b"cat,1\n", "line 1 has 2 fields; give the column of labels alone"),
        ("a.npy", b"", "neither text nor an array"),
        ("a.npy", b"\x93NUMPY\x01\x00", "neither text nor an array"),
    ],
)
def test_what_is_wrong(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_labels(tmp_path / name)
    assert str(refused.value).startswith(f"{tmp_path / name}: labels: {said}")


def test_nothing_is_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}, []], object), allow_pickle=True)
    with pytest.raises(InputError, match="neither text nor an array"):
        read_labels(tmp_path / "a.npy")


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path / "none.txt")
