"""Pictures as other libraries keep them, and those that a program has in its hands."""

import io
import json
import tarfile

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

import disco_jax
import disco_jax.demo
from disco_jax.data import open_images
from disco_jax.errors import InputError

from .pictures import encoded, pixels

N = 6
CLASSES = np.arange(N) % 2
HF = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}


def told(source, *words, split="all"):
    """The one line that refuses it."""
    with pytest.raises(InputError) as why:
        open_images(source, split)
    assert len(str(why.value).splitlines()) == 1
    assert [word for word in words if word not in str(why.value)] == [], str(why.value)


def shown(images):
    assert len(images) == N
    for place in range(N):
        np.testing.assert_array_equal(np.asarray(images.read(place)), pixels(place))
    return images


def table(**columns):
    return pyarrow.table(
        {"image": [{"bytes": encoded(i), "path": None} for i in range(N)]} | columns
    )


def parquet(path, found):
    pyarrow.parquet.write_table(found, path, row_group_size=4)
    return str(path)


# Parquet and `datasets`


def test_parquet(tmp_path):
    images = shown(open_images(parquet(tmp_path / "pets.parquet", table(label=CLASSES))))
    assert images.name == "pets" and images.labels.tolist() == CLASSES.tolist()
    names = np.array(["dog", "cat"])[CLASSES]
    plain = pyarrow.table(
        {"jpg": [encoded(i) for i in range(N)], "class": names, "target": CLASSES}
    )
    images = shown(open_images(parquet(tmp_path / "a.parquet", plain)))
    assert images.class_names == ("cat", "dog")
    assert images.labels.tolist() == (1 - CLASSES).tolist()
    assert images.targets.tolist() == [[c] for c in CLASSES]
    about = {b"huggingface": json.dumps({"info": {"features": HF}}).encode()}
    named = table(label=CLASSES).replace_schema_metadata(about)
    assert open_images(parquet(tmp_path / "a.parquet", named)).class_names == ("cat", "dog")


def saved(folder, found):
    """As `save_to_disk` writes it, in two files."""
    folder.mkdir(parents=True)
    files = []
    for part, name in ((found[:4], "data-00000-of-00002.arrow"), (found[4:], "b.arrow")):
        files.append({"filename": name})
        with pyarrow.ipc.new_stream(str(folder / name), part.schema) as to:
            to.write_table(part, max_chunksize=3)
    (folder / "state.json").write_text(json.dumps({"_data_files": files, "_fingerprint": "f"}))
    return f"hf:{folder}"


def test_a_saved_data_set(tmp_path):
    images = shown(open_images(saved(tmp_path / "pets", table(label=CLASSES))))
    assert images.name == "pets" and images.labels.tolist() == CLASSES.tolist()


def test_saved_splits(tmp_path):
    saved(tmp_path / "both" / "train", table(label=CLASSES))
    saved(tmp_path / "both" / "test", table(label=1 - CLASSES))
    (tmp_path / "both" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    images = shown(open_images(f"hf:{tmp_path / 'both'}", "test"))
    assert images.labels.tolist() == (1 - CLASSES).tolist()
    told(f"hf:{tmp_path / 'both'}", "choose one of test, train, all", split="val")


def test_data_sets_of_the_real_library(tmp_path):
    datasets = pytest.importorskip("datasets")
    pictures = [Image.fromarray(pixels(i)) for i in range(N)]
    features = datasets.Features(
        image=datasets.Image(), label=datasets.ClassLabel(names=["cat", "dog"])
    )
    found = datasets.Dataset.from_dict({"image": pictures, "label": CLASSES}, features=features)
    datasets.DatasetDict(train=found, test=found).save_to_disk(tmp_path / "both")
    found.to_parquet(tmp_path / "a.parquet")
    for source in (f"hf:{tmp_path / 'both'}", str(tmp_path / "a.parquet")):
        images = shown(open_images(source, "train"))
        assert images.class_names == ("cat", "dog")
        assert images.labels.tolist() == CLASSES.tolist()


def test_bad_tables(tmp_path):
    def bad(found, *words):
        told(parquet(tmp_path / "a.parquet", found), *words)

    bad(pyarrow.table({"a": [1], "label": [1]}), "image: 0 columns of encoded pictures among a")
    bad(
        table(label=[None, *CLASSES[1:]]),
        "column 'label': 1 entries are missing, the first in row 0",
    )
    bad(table(label=CLASSES / 2), "labels: real-valued, as 0.5")
    bad(table(label=[[1]] * N), "column 'label': of type list")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[:-30])
    told(str(tmp_path / "a.parquet"), "a.parquet: file: damaged")
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    lost = pyarrow.array([{"bytes": None, "path": "/etc/passwd"}], kind)
    lost = pyarrow.table({"image": lost})
    images = open_images(parquet(tmp_path / "a.parquet", lost))
    with pytest.raises(ValueError, match="its bytes are not in the file"):
        images.read(0)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("{", "no JSON"),
        ("[" * 99999, "no JSON"),
        ("[]", "not as save_to_disk writes it"),
        ('{"_data_files": []}', "not as save_to_disk writes it"),
        ('{"_data_files": [{"filename": "../secret.arrow"}]}', "no name of a file in it"),
        ('{"_data_files": [{"filename": "none.arrow"}]}', "No such file"),
        ('{"_data_files": [{"filename": "state.json"}]}', "damaged"),
    ],
)
def test_bad_saved_data_sets(tmp_path, state, words):
    (tmp_path / "state.json").write_text(state)
    told(f"hf:{tmp_path}", words)


def test_what_is_not_there(tmp_path):
    told(f"hf:{tmp_path / 'none'}", "state.json cannot be read (No such file")
    told(str(tmp_path / "none.parquet"), "data: not found")
    told(str(tmp_path / "none.tar"), "data: not found")


# Shards


def shard(path, *members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return str(path)


def pairs(places, suffix="cls", label=lambda c: str(c).encode()):
    for place in places:
        yield f"a/{place:03d}.{suffix}", label(int(CLASSES[place]))
        yield f"a/{place:03d}.png", encoded(place)
        yield f"a/{place:03d}.txt", b"a caption"


def test_a_shard(tmp_path):
    images = shown(open_images(shard(tmp_path / "a.tar", *pairs(range(N)))))
    assert images.labels.tolist() == CLASSES.tolist() and images.ids[1] == "a/001"
    names = pairs(range(N), "json", lambda c: json.dumps({"label": ["dog", "cat"][c]}).encode())
    images = shown(open_images(shard(tmp_path / "b.tar", *names)))
    assert images.class_names == ("cat", "dog") and images.labels.tolist() == [1, 0] * 3


def test_a_folder_of_shards(tmp_path):
    shard(tmp_path / "a-0.tar", *pairs(range(4)))
    shard(tmp_path / "a-1.tar", *pairs(range(4, N)))
    images = shown(open_images(str(tmp_path)))
    assert images.ids[4] == "a-1/a/004" and images.labels.tolist() == CLASSES.tolist()


def test_bad_shards(tmp_path):
    path = tmp_path / "a.tar"
    whole = (tmp_path / "whole.tar", *pairs(range(N)))
    shard(*whole)
    raw = whole[0].read_bytes()
    for content, word in [
        (raw[: 512 * 4 + 100], "damaged"),
        (raw[: 512 * 4], "no header at byte 2048"),
        (raw[: 512 * 4] + b"x" + raw[512 * 4 + 1 :], "no header at byte 2048"),
        (b"\0" * 10_240, "there are none"),
        (b"hello" * 400, "damaged"),
        (b"", "damaged"),
    ]:
        path.write_bytes(content)
        told(str(path), word)
    told(shard(path, *pairs(range(N)), mode="w:gz"), "no uncompressed .tar")
    told(shard(path, *pairs(range(2)), ("b.png", encoded(2))), "picture b has none, others have")
    told(shard(path, ("a.png", b"x"), ("a.jpg", b"y")), "two pictures of a")
    told(shard(path, ("a.png", b"x"), ("a.cls", b" " * 2**21)), "a.cls has 2097152 bytes")
    told(shard(path, ("a.png", b"x"), ("a.json", b'{"label": [1]}')), "neither a number nor text")
    told(shard(path, ("a.png", b"x"), ("a.json", b"[" * 99999)), "damaged")
    large = bytearray(raw)
    large[124:136] = b"\x80" + (2**60).to_bytes(11, "big")  # the size of the first member
    path.write_bytes(bytes(large))
    told(str(path), "damaged")


def test_links_are_not_followed(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        info = tarfile.TarInfo("a.png")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    told(str(tmp_path / "a.tar"), "there are none")


# In the hands of a program


ALL = np.stack([pixels(place) for place in range(N)])
HANDS = {
    "arrays": [*ALL],
    "one array": ALL,
    "channels first": [picture.transpose(2, 0, 1) for picture in ALL],
    "floats": [(picture / 255).astype(np.float32) for picture in ALL],
    "PIL": [Image.fromarray(picture) for picture in ALL],
    "pairs": [(picture, int(c)) for picture, c in zip(ALL, CLASSES, strict=True)],
}


@pytest.mark.parametrize("name", HANDS)
def test_pictures_themselves(name):
    images = shown(open_images(HANDS[name]))
    labels = CLASSES.tolist() if name == "pairs" else None
    assert (None if images.labels is None else images.labels.tolist()) == labels


def test_batches():
    given = ((ALL[i : i + 4], np.array(["dog", "cat"])[CLASSES[i : i + 4]]) for i in (0, 4))
    images = shown(open_images(given))
    assert images.class_names == ("cat", "dog") and images.labels.tolist() == [1, 0] * 3
    assert images.version == open_images([(ALL, ["dog", "cat"] * 3)]).version
    assert images.version != open_images([(ALL, ["cat", "dog"] * 3)]).version


def test_grey():
    grey = np.asarray(open_images([ALL[0, ..., 0]]).read(0))
    np.testing.assert_array_equal(grey, np.repeat(ALL[0, ..., :1], 3, axis=2))


def test_loaders_of_torch():
    torch = pytest.importorskip("torch", reason="no torch: make parity")
    pictures = torch.from_numpy(ALL.transpose(0, 3, 1, 2).copy()).float() / 255
    data = torch.utils.data.TensorDataset(pictures, torch.from_numpy(CLASSES))
    for given in (data, torch.utils.data.DataLoader(data, batch_size=4)):
        assert shown(open_images(given)).labels.tolist() == CLASSES.tolist()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (3, "data: a int; give pictures, or their path"),
        ([], "there are none"),
        ([ALL[0], ALL[1] / 100], "picture 1: numbers from"),
        ([ALL[0] / 255 * np.nan], "picture 0: numbers from nan to nan"),
        ([ALL[0].astype(np.int64)], "picture 0: dtype int64"),
        ([np.zeros((4, 5, 2), np.uint8)], "picture 0: shape (4, 5, 2)"),
        ([np.zeros((0, 5, 3), np.uint8)], "picture 0: shape (0, 5, 3)"),
        ([ALL[0], object()], "picture 1: shape ()"),
        ([(ALL, CLASSES[1:])], "labels: 5 for 6 pictures"),
        ([(ALL[:2], CLASSES[:2]), ALL[2]], "labels: 2 for 3"),
        ([(ALL, CLASSES / 2)], "labels: real-valued, as 0.5"),
    ],
    ids=range(11),
)
def test_what_are_no_pictures(given, words):
    told(given, words)


def test_they_are_ranked():
    models = disco_jax.read_hub(disco_jax.demo.HUB)[:1]
    pictures = [(np.concatenate([ALL] * 4), np.concatenate([CLASSES] * 4))]
    table = disco_jax.rank(models, pictures, metrics="knn")
    assert 0 <= next(iter(table.scores.values()))["knn"] <= 1
