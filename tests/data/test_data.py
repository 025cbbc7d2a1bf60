"""Every source of pictures, the order they come in, and what is refused."""

import csv

import numpy as np
import pytest
from PIL import Image

from disco_jax.data import open_images
from disco_jax.data.decoding import batches
from disco_jax.data.preprocessing import Preprocessing

from .pictures import encoded, pixels, save_pack

N = 10
BOXES = np.array([[0, 0, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]], np.float32)


def test_pack(tmp_path):
    split = np.arange(N, dtype=np.uint8) % 2
    path = save_pack(tmp_path / "pack.npz", N, split=split, targets=np.ones((N, 2), np.float32))
    images = open_images(str(path))
    assert (len(images), images.name, images.class_names) == (N, "pack", tuple("abcde"))
    np.testing.assert_array_equal(images.labels, np.arange(N) % 5)
    np.testing.assert_array_equal(np.asarray(images.read(3)), pixels(3))
    test = open_images(str(path), "test")
    np.testing.assert_array_equal(test.ids, [1, 3, 5, 7, 9])
    np.testing.assert_array_equal(np.asarray(test.read(1)), pixels(3))
    assert test.version == images.version and test.targets.shape == (5, 2)
    with pytest.raises(ValueError, match="no 'val'; choose one of test, train, all"):
        open_images(str(path), "val")


def test_one_label_is_none(tmp_path):
    label = np.zeros(N, np.int32)
    assert open_images(str(save_pack(tmp_path / "pack.npz", N, label=label))).labels is None


def test_boxes_follow_their_pictures(tmp_path):
    fields = {"box_image": np.array([7, 1, 1]), "box_label": np.array([0, 1, 2])}
    path = save_pack(tmp_path / "pack.npz", N, boxes=BOXES, **fields)
    taken = open_images(str(path)).take(np.array([1, 4, 7]))
    np.testing.assert_array_equal(taken.box_image, [0, 0, 2])
    np.testing.assert_array_equal(taken.box_labels, [1, 2, 0])
    np.testing.assert_array_equal(taken.boxes, BOXES[[1, 2, 0]])


@pytest.fixture
def folder(tmp_path):
    for place in range(6):
        path = tmp_path / "pets" / ("cat" if place < 2 else "dog") / "more" / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(place))
    (tmp_path / "pets" / "notes.txt").write_text("no picture")
    return tmp_path / "pets"


def test_folder(folder):
    images = open_images(str(folder), "train")
    assert (images.name, images.class_names) == ("pets", ("cat", "dog"))
    assert images.ids[0] == "cat/more/0.png"
    np.testing.assert_array_equal(images.labels, [0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(np.asarray(images.read(5)), pixels(5))
    before = images.version
    (folder / "cat" / "6.png").write_bytes(encoded(6))
    assert open_images(str(folder)).version != before


def test_folder_of_splits(folder, tmp_path):
    (tmp_path / "both").mkdir()
    folder.rename(tmp_path / "both" / "Train")
    (tmp_path / "both" / "val" / "dog").mkdir(parents=True)
    (tmp_path / "both" / "val" / "dog" / "9.png").write_bytes(encoded(9))
    images = open_images(str(tmp_path / "both"), "val")
    assert images.ids.tolist() == ["val/dog/9.png"]
    assert images.labels.tolist() == [1]


def table(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_table(folder, tmp_path):
    rows = [[f"pets/dog/more/{i}.png", i * 0.5, f"kind {i % 2}", -i, "train"] for i in (4, 3, 2)]
    header = ["path", "target_x", "label", "target_y", "split"]
    images = open_images(str(table(tmp_path / "list.csv", header, rows)), "train")
    assert images.ids[0] == "pets/dog/more/4.png"
    np.testing.assert_array_equal(images.targets, np.array([[2, -4], [1.5, -3], [1, -2]]))
    assert [images.class_names[label] for label in images.labels] == ["kind 0", "kind 1", "kind 0"]
    np.testing.assert_array_equal(np.asarray(images.read(0)), pixels(4))


def test_digits():
    images = open_images("sk_digits", "train")
    assert len(images) == 1297 and len(open_images("sk_digits", "test")) == 500
    picture = np.asarray(images.read(0))
    assert picture.shape == (8, 8) and picture.max() <= 255 and images.labels[0] == 0


def test_batches_keep_the_order_and_resize(tmp_path):
    images = open_images(str(save_pack(tmp_path / "pack.npz", N)))
    found = list(batches(images, Preprocessing(5), 4))
    assert [each.shape for each in found] == [(4, 5, 5, 3), (4, 5, 5, 3), (2, 5, 5, 3)]
    for place, picture in enumerate(np.concatenate(found)):
        expected = Image.fromarray(pixels(place)).resize((5, 5), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(picture, np.asarray(expected))


def photograph(path, orientation):
    """A picture whose EXIF data say how the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels(1, (6, 6))).save(path, exif=exif)
    return path


def test_photographs_are_turned_upright_and_pictures_with_boxes_are_not(tmp_path):
    (tmp_path / "c").mkdir()
    quarter = photograph(tmp_path / "c" / "a.png", 6)  # to be turned clockwise
    (found,) = batches(open_images(str(tmp_path)), Preprocessing(6), 1)
    np.testing.assert_array_equal(found[0], np.rot90(pixels(1, (6, 6)), -1))
    fields = {"boxes": BOXES[:1], "box_image": np.zeros(1, int)}
    pack = save_pack(tmp_path / "p.npz", 1, files=[quarter.read_bytes()], **fields)
    (found,) = batches(open_images(str(pack)), Preprocessing(6), 1)
    np.testing.assert_array_equal(found[0], pixels(1, (6, 6)))


def refused(source, *parts, split="all"):
    with pytest.raises(ValueError) as why:
        images = open_images(str(source), split)
        list(batches(images, Preprocessing(5), 4))
    text = str(why.value)
    assert "\n" not in text and "; " in text
    for part in (str(source).rpartition("/")[2].removesuffix(".npz"), *parts):
        assert part in text


def test_what_is_no_data(tmp_path, folder):
    refused(tmp_path / "nowhere", "data: not found")
    refused(tmp_path / "nowhere.npz", "file: cannot be read")
    (tmp_path / "bad.npz").write_bytes(b"nonsense")
    refused(tmp_path / "bad.npz", "file: damaged")
    np.savez(tmp_path / "other.npz", features=np.ones((2, 2)))
    refused(tmp_path / "other.npz", "jpeg: missing")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "images: there are none")
    (folder / "loose.png").write_bytes(encoded(0))
    refused(folder, "classes: loose.png is in no folder")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"label": np.arange(3)}, "labels: 3 for 10 images"),
        ({"split": np.full(N, 2, np.uint8)}, "split: other values than 0 and 1"),
        ({"boxes": BOXES[:, :3], "box_image": np.zeros(3, int)}, "boxes: shape (3, 3)"),
        ({"boxes": BOXES}, "box_image None"),
        ({"boxes": BOXES, "box_image": np.full(3, 10)}, "box_image: from 10 to 10"),
        ({"boxes": BOXES[:, ::-1], "box_image": np.zeros(3, int)}, "is no x0, y0, x1, y1"),
        ({"boxes": BOXES * 300, "box_image": np.zeros(3, int)}, "is no x0, y0, x1, y1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_pack(tmp_path, fields, told):
    refused(save_pack(tmp_path / "pack.npz", N, **fields), told)


def test_a_bad_picture(tmp_path):
    files = [encoded(0), b"no picture", encoded(2)]
    refused(save_pack(tmp_path / "p.npz", 3, files=files), "p: images: image 1 cannot be decoded")


@pytest.mark.parametrize(
    ("header", "rows", "told"),
    [
        (["file", "label"], [], "columns: none is 'path'"),
        (["path", "kind"], [["a.png", "x"]], "columns: neither label nor target"),
        (["path", "label"], [["a.png"]], "row 2: has 1 fields"),
        (["path", "label"], [["a.png", "x"]], "path: there is no"),
        (["path", "target"], [["pets/cat/more/0.png", "x"]], "row 2, target: 'x' is no number"),
    ],
)
def test_a_bad_table(tmp_path, folder, header, rows, told):
    refused(table(tmp_path / "list.csv", header, rows), told)
