"""Damaged feature files: whatever the damage, an InputError or what was written, and quickly.

The mutations are a fixed function of their number. What is told apart is who wrote the file: with
checksums for everything (our own files, every npz) the content that comes back has to be the one
written; without (other writers' safetensors) a flipped bit of a number is a number, and what comes
back has to be of the same shape and pass the check. Files that were put together anew around a lie
in a header, checksums and all, have to pass the check.

`python -m tests.test_feature_fuzz 100000` tries so many of each file.
"""

import io
import json
import random
import re
import sys
import tempfile
import time
import tracemalloc
import zipfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from disco_jax.errors import InputError
from disco_jax.features.feature_set import FeatureSet
from disco_jax.features.fields import FIELDS
from disco_jax.features.files import read_features, write_features

MUTATIONS = 250  # of each of the five files
SECONDS, MEGABYTES = 10, 32  # for files of a few kB; the header limit of safetensors is 10 MB

rng = np.random.default_rng(11)
X = rng.normal(size=(24, 6)).astype(np.float32)
SET = FeatureSet(
    X,
    labels=np.array(["cat", "dog", "Maus"])[np.arange(24) % 3],
    logits=X[:, :4].astype(ml_dtypes.bfloat16),
    source_features=X[:9].astype(np.float64),
    source_labels=np.arange(9, dtype=np.int16),
    ids=np.arange(24),
    provenance={"backbone": "resnet50", "data": "pets"},
)
PLAIN = {"features": X, "labels": np.arange(24) % 3, "logits": -X, "ids": np.arange(24)}
HOSTILE = [0, 1, -1, 2, 3, 7, 255, 2**16, 2**31 - 1, 2**31, 2**32, 2**62, 2**63, 2**64, 10**30]
JUNK = [None, True, "x", 1.5, [], {}, [[1]], "24", -0.0, 10**400]
WORDS = ["F32", "F64", "I32", "BOOL", "BF16", "C64", "F8_E5M2", "U8", "", "features", "labels"]
DESCRS = ["<f4", ">f4", "<f8", "<i4", "|O", "<c8", "|V4", "<U1", "|S4", "|b1", "<f16", "<M8[s]"]


def files():
    """Name -> bytes, contents, whether all of it has checksums."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".safetensors", ".npz"):
            write_features(SET, Path(folder, "a" + suffix))
        ours, zipped = (Path(folder, "a" + s).read_bytes() for s in (".safetensors", ".npz"))
    saved = {}
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for key, values in PLAIN.items():  # as np.savez does, without the time of day
                content = io.BytesIO()
                np.save(content, values)
                info = zipfile.ZipInfo(f"{key}.npy")
                archive.writestr(info, content.getvalue(), method)
        saved[method] = file.getvalue()
    wide = {k: np.asarray(v) for k in FIELDS if (v := getattr(SET, k)) is not None}
    return {
        "ours.safetensors": (ours, wide, True),
        "others.safetensors": (safetensors.numpy.save(PLAIN), PLAIN, False),
        "ours.npz": (zipped, wide | {"logits": wide["logits"].astype(np.float32)}, True),
        "plain.npz": (saved[zipfile.ZIP_STORED], PLAIN, True),
        "packed.npz": (saved[zipfile.ZIP_DEFLATED], PLAIN, True),
    }


def any_value(chance):
    return chance.choice([chance.choice(HOSTILE), chance.choice(JUNK), chance.choice(WORDS)])


def flips(raw, chance):
    changed = bytearray(raw)
    for _ in range(chance.choice([1, 1, 1, 2, 8])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def early_flips(raw, chance):
    """In the first 300 bytes or the last: headers and directories."""
    edge = min(300, len(raw))
    if chance.random() < 0.5:
        return flips(raw[:edge], chance) + raw[edge:]
    return raw[:-edge] + flips(raw[-edge:], chance)


def cuts(raw, chance):
    start, stop = sorted(chance.randrange(len(raw) + 1) for _ in range(2))
    return chance.choice(
        [raw[:stop], raw[start:], raw[:start] + raw[stop:], raw + raw[start:stop], raw[:stop] * 2]
    )


def overwritten(raw, chance):
    start, stop = sorted(chance.randrange(len(raw) + 1) for _ in range(2))
    stop = min(stop, start + chance.choice([1, 2, 4, 8, 100, len(raw)]))
    size = stop - start
    source = chance.randrange(len(raw))
    fill = chance.choice(
        [b"\0" * size, b"\xff" * size, chance.randbytes(size), (raw * 2)[source : source + size]]
    )
    return raw[:start] + fill + raw[stop:]


def header_edits(raw, chance):
    """A JSON header with some entries replaced by what does not belong there, well put together."""
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    for _ in range(chance.choice([1, 1, 2, 3])):
        entries = [entry for entry in header.values() if isinstance(entry, dict)]
        if not entries:
            break
        entry = chance.choice(entries)
        place = chance.choice(list(entry) or ["shape"])
        inner = entry.get(place)
        kind = chance.randrange(6)
        if kind == 0:
            header.pop(chance.choice(list(header)))
        elif kind == 1:
            header[chance.choice([*FIELDS, "labels.utf8", "zzz"])] = entry
        elif kind == 2 and isinstance(inner, list) and inner:
            inner[chance.randrange(len(inner))] = any_value(chance)
        elif kind == 3 and isinstance(inner, list):
            chance.shuffle(inner)
        elif kind == 4:
            entry.pop(place, None)
        else:
            entry[place] = any_value(chance)
    text = json.dumps(header).encode()
    length = len(text) if chance.random() < 0.9 else chance.choice(HOSTILE) % 2**64
    return length.to_bytes(8, "little", signed=False) + text + raw[start:]


def text_edits(raw, chance):
    """A number or a word of some header replaced as text, whatever it is part of."""
    found = list(re.finditer(rb"\d+|[A-Za-z_]{3,}", raw))
    where = chance.choice(found)
    new = str(any_value(chance)).encode()[:12]
    if chance.random() < 0.5:  # of the same length, so that nothing moves
        new = new.ljust(len(where[0]))[: len(where[0])]
    return raw[: where.start()] + new + raw[where.end() :]


def zip_edits(raw, chance):
    """A number of a local header, of the directory or of its end replaced."""
    found = list(re.finditer(rb"PK(\x01\x02|\x03\x04|\x05\x06|\x06\x06|\x06\x07)", raw))
    if not found:
        return early_flips(raw, chance)
    start = chance.choice(found).start() + chance.choice([4, 6, 8, 10, 12, 14, 16, 18, 20, 22])
    start += chance.choice([0, 0, 2, 6, 20])
    size = chance.choice([2, 4, 8])
    if chance.random() < 0.5:
        new = chance.choice(HOSTILE) % 2 ** (8 * size)
    else:
        new = int.from_bytes(raw[start : start + size], "little")
        new = (new + chance.choice([-1, 1, 2, 16, 128])) % 2 ** (8 * size)
    return raw[:start] + new.to_bytes(size, "little") + raw[start + size :]


def npy_edits(raw, chance):
    """A sound zip, checksums and all, around a .npy whose header lies or a list that is wrong."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    index = chance.randrange(len(members))
    info, content = members[index]
    kind = chance.randrange(5)
    if kind == 0:
        content = chance.choice([flips, cuts, overwritten, text_edits])(content, chance)
    elif kind == 1:
        sizes = [chance.choice([*HOSTILE, 4, 6, 24]) for _ in range(chance.choice([0, 1, 2, 3]))]
        shape = "(" + ", ".join(map(str, sizes)) + ")"
        content = re.sub(rb"\([\d, ]*\)", shape.encode(), content, count=1)
    elif kind == 2:
        content = re.sub(rb"'[<>|]\w+'", f"'{chance.choice(DESCRS)}'".encode(), content, count=1)
    elif kind == 3:
        content = content.replace(b"False", b"True", 1)
    else:
        info = zipfile.ZipInfo(chance.choice([*FIELDS, "provenance", "x/features"]) + ".npy")
    members[index] = info, content
    if chance.random() < 0.2:
        chance.shuffle(members)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", members[0][0].compress_type) as archive:
        for written, body in {info.filename: (info, body) for info, body in members}.values():
            archive.writestr(written.filename, body)
    return file.getvalue()


DAMAGE = {
    ".safetensors": (flips, early_flips, cuts, overwritten, header_edits, header_edits, text_edits),
    ".npz": (flips, early_flips, cuts, overwritten, zip_edits, zip_edits, npy_edits, npy_edits),
}
LIES = (header_edits, npy_edits)  # files put together anew: other content, and no checksum against


def attempt(path, contents, same_values, same_shape):
    """Read and check the file as scoring would; what came of it."""
    try:
        found = read_features(path)
        found.check("classification")
        found = found.in_memory()
    except InputError as error:
        assert len(str(error).splitlines()) == 1
        assert error.where == str(path) and error.field and error.remedy
        return "refused"
    got = {key: getattr(found, key) for key in FIELDS if getattr(found, key) is not None}
    assert len({len(got[key]) for key in ("features", "labels", "ids") if key in got}) == 1
    assert np.isfinite(got["features"].astype(np.float64)).all()
    if same_shape:
        assert got["features"].shape == contents["features"].shape
    if not same_values:
        return "passed the check"
    assert got.keys() == contents.keys()
    for key, values in got.items():
        assert values.dtype == contents[key].dtype, key
        np.testing.assert_array_equal(values, contents[key])
    return "equal"


def campaign(name, folder, count):
    raw, contents, checksums = files()[name]
    path = Path(folder, name)
    path.write_bytes(raw)
    assert attempt(path, contents, True, True) == "equal"
    outcomes = {}
    for number in range(count):
        chance = random.Random(f"{name} {number}")
        damage = chance.choice(DAMAGE[path.suffix])
        changed = damage(raw, chance)
        path.write_bytes(changed)
        start = time.monotonic()
        try:
            came = attempt(path, contents, checksums and damage not in LIES, damage not in LIES)
        except BaseException as error:
            error.add_note(f"{name}, mutation {number} ({damage.__name__})")
            raise
        taken = time.monotonic() - start
        assert taken < SECONDS, f"{name}, mutation {number} took {taken:.1f} s"
        key = damage.__name__, came
        outcomes[key] = outcomes.get(key, 0) + 1
    return outcomes


@pytest.mark.parametrize("name", files())
def test_damaged_files(name, tmp_path):
    tracemalloc.start()
    try:
        outcomes = campaign(name, tmp_path, MUTATIONS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTES * 2**20
    refused = sum(count for (_, came), count in outcomes.items() if came == "refused")
    assert 0.5 * MUTATIONS < refused < MUTATIONS  # the damage is real, and not always fatal


def test_lies_about_shapes_alone_do_not_pass(tmp_path):
    """Without checksums: the same bytes as another shape or type are told by the other fields."""
    raw = safetensors.numpy.save({key: PLAIN[key] for key in ("features", "labels")})
    for old, new in [("[24,6]", "[48,3]"), ("[24,6]", "[6,24]"), ("[24,6]", "[72,2]")]:
        path = tmp_path / "a.safetensors"
        assert raw.count(old.encode()) == 1
        path.write_bytes(raw.replace(old.encode(), new.encode()))
        with pytest.raises(InputError, match="rows"):
            read_features(path)


if __name__ == "__main__":
    for each in files():
        with tempfile.TemporaryDirectory() as where:
            found = campaign(each, where, int(sys.argv[1]))
        for (damage, came), times in sorted(found.items()):
            print(f"{each:20} {damage:14} {came:20} {times}")
