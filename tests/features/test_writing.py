"""Writing feature files: whole or not at all, beside readers, with little memory."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from disco_jax.errors import InputError
from disco_jax.features import format_safetensors
from disco_jax.features.feature_set import FeatureSet
from disco_jax.features.files import read_features, write_features

from ..refusal import refusal
from .test_files import FULL, SUFFIXES, X


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_half_written(tmp_path, suffix, monkeypatch):
    path = tmp_path / "new" / f"a{suffix}"
    write_features(FULL, path)
    before = path.read_bytes()

    class Breaks:
        shape, dtype = (80, 4), np.dtype(np.float32)

        def __init__(self, error):
            self.error = error

        def __getitem__(self, rows):
            raise self.error

        def blocks(self):
            yield np.ones((40, 4), np.float32)
            raise self.error

    full = OSError(28, "No space left on device")
    told = "the disk is full, so nothing was written"
    refusal(lambda: write_features(FeatureSet(Breaks(full)), path), "file", told, file=str(path))
    with pytest.raises(KeyboardInterrupt):
        write_features(FeatureSet(Breaks(KeyboardInterrupt())), path)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_where_nothing_can_be_written(tmp_path, suffix):
    (tmp_path / "file").touch()
    (tmp_path / f"folder{suffix}").mkdir()
    for path in (
        tmp_path / "file" / f"a{suffix}",
        tmp_path / f"folder{suffix}",
        tmp_path / f"{'x' * 300}{suffix}",
        Path(f"/proc/none/a{suffix}"),
    ):
        refusal(lambda p=path: write_features(FULL, p), "file", "writable", file=str(path))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", f"folder{suffix}"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    path = tmp_path / "a.npz"
    refusal(lambda: write_features(FULL, path), "file", "Permission", file=str(path))


def test_what_cannot_be_written(tmp_path):
    def bad(field, word, name="a.safetensors", **given):
        path = tmp_path / name
        call = lambda: write_features(FeatureSet(X, **given), path)  # noqa: E731
        refusal(call, field, word, file=str(path))

    bad("file", ".npz", name="a.pt")
    bad("provenance", "crc32:", provenance={"crc32:x": ""})
    bad("provenance", "10 MB", provenance={"x": "y" * format_safetensors.HEADER_LIMIT})
    bad("file", "Unicode", ids=["\ud800"] * 40)
    assert [*tmp_path.iterdir()] == []


def test_permissions_are_the_usual_ones(tmp_path):
    (tmp_path / "usual").touch()
    write_features(FULL, tmp_path / "a.npz")
    modes = {stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.iterdir()}
    assert len(modes) == 1


def test_readers_see_one_file_or_the_other(tmp_path):
    path = tmp_path / "a.safetensors"
    write_features(FeatureSet(np.zeros((200, 50))), path)
    stop, seen = threading.Event(), set()

    def read():
        while not stop.is_set():
            try:
                seen.add(tuple(np.unique(read_features(path).in_memory().features)))
            except InputError as error:
                seen.add(error.problem)

    reader = threading.Thread(target=read)
    reader.start()
    for value in range(1, 30):
        write_features(FeatureSet(np.full((200, 50), float(value))), path)
    stop.set()
    reader.join()
    words = {one for one in seen if isinstance(one, str)}
    assert words <= {"the file changed while it was being read"}
    assert all(len(one) == 1 for one in seen - words) and len(seen) > len(words)


MEMORY = """
import resource, sys
import numpy as np
from disco_jax.features import read_features, write_features
from disco_jax.features import FeatureSet

class Rows:
    shape, dtype = (51_200, 1024), np.dtype(np.float32)  # 200 MB
    def __getitem__(self, rows):
        raise NotImplementedError
    def blocks(self):
        for start in range(0, self.shape[0], 1024):
            yield np.add.outer(np.arange(start, start + 1024.0), np.arange(1024.0)).astype("f4")

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
path, before = sys.argv[1], peak()
write_features(FeatureSet(Rows(), labels=np.arange(51_200) % 7), path)
found = read_features(path)
assert found.read_rows(51_199, 51_200)[0, 1023] == 51_199 + 1023
opened = peak()
assert found.check().scale == 51_199 + 1023
assert sum(len(found.read_rows(i, i + 1000)) for i in range(0, 51_200, 1000)) == 51_200
print(opened - before, peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_memory_of_a_large_file(tmp_path, suffix):
    path = tmp_path / f"large{suffix}"
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert path.stat().st_size > 200 * 2**20
    # A block of 16 MB and what is made of it (its comparison, the writer's copy), in MB.
    assert max(map(int, done.stdout.split())) < 64
    path.unlink()
