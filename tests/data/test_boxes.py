"""Pictures with boxes by VOC and COCO: where the boxes are, who is left out, what is refused."""

import json

import numpy as np
import pytest

from disco_jax.data import open_images

from .pictures import encoded, pixels

OBJECT = """<object><name>{}</name><difficult>{}</difficult><bndbox>
<xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"""
SIZE = "<size><width>{}</width><height>{}</height></size>"
XML = {  # the pictures of `pixels` are 7 wide and 9 high
    "b": SIZE.format(7, 9)
    + OBJECT.format("dog", 0, 0, 0, 3.5, 9)
    + OBJECT.format("cat", 0, 7, 0, 8, 3),
    "a": OBJECT.format("emu", 1, 0, 0, 7, 9) + OBJECT.format("emu", 0, 0, 3, 7, 9),
    "c": SIZE.format(7, 9),
}


@pytest.fixture
def voc(tmp_path):
    folder = tmp_path / "zoo"
    for part in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    for place, (name, text) in enumerate(XML.items()):
        (folder / "Annotations" / f"{name}.xml").write_text(f"<annotation>{text}</annotation>")
        (folder / "JPEGImages" / f"{name}.png").write_bytes(encoded(place))
    (folder / "JPEGImages" / "unknown.png").write_bytes(encoded(4))
    (folder / "ImageSets/Main/train.txt").write_text("c\nb\n")
    (folder / "ImageSets/Main/test.txt").write_text("a\n")
    (folder / "ImageSets/Main/dog_train.txt").write_text("b  1\n")
    return folder


def test_voc(voc):
    images = open_images(str(voc))
    assert (images.name, images.ids.tolist()) == ("zoo", ["a", "b", "c"])
    assert images.class_names == ("cat", "dog", "emu") and images.labels is None
    expected = [[0, 1 / 3, 1, 1], [0, 0, 0.5, 1], [1, 0, 1, 1 / 3]]
    np.testing.assert_allclose(images.boxes, expected, rtol=1e-6)
    np.testing.assert_array_equal(images.box_labels, [2, 1, 0])
    np.testing.assert_array_equal(images.box_image, [0, 1, 1])
    np.testing.assert_array_equal(np.asarray(images.read(1)), pixels(0))
    train = open_images(str(voc), "train")
    assert train.ids.tolist() == ["c", "b"] and train.class_names == images.class_names
    np.testing.assert_array_equal(train.box_image, [1, 1])
    assert train.version != images.version
    before = images.version
    (voc / "Annotations" / "c.xml").write_text("<annotation> </annotation>")
    assert open_images(str(voc)).version != before


def told(source, split="all"):
    with pytest.raises(ValueError) as why:
        open_images(str(source), split)
    assert "\n" not in str(why.value) and "; " in str(why.value)
    return str(why.value)


def test_bad_splits(voc):
    assert "there is no 'val'; choose one of test, train, all" in told(voc, "val")
    assert "dog_train.txt: line 1: more than one word" in told(voc, "dog_train")
    (voc / "JPEGImages" / "a.png").unlink()
    assert "JPEGImages: nothing for a" in told(voc, "test")
    (voc / "ImageSets/Main/test.txt").write_bytes(b"\xff")
    assert "test.txt: file: cannot be read" in told(voc, "test")


ENTITY = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><annotation>&e;</annotation>'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("no XML", "a.xml: file: no XML of VOC"),
        (ENTITY, "a.xml: file: no XML of VOC (has a document type)"),
        ('<?xml version="1.0" encoding="martian"?><a/>', "a.xml: file: no XML of VOC"),
        (f"<a>{OBJECT.format(' ', 0, 0, 0, 1, 1)}</a>", "a.xml: object 1: name: missing"),
        (f"<a>{OBJECT.format('x', 0, 0, 'y', 1, 1)}</a>", "a.xml: object 1: box: its corners"),
        (f"<a>{OBJECT.format('x', 0, 0, 0, 9, 1)}</a>", "0, 0 to 9, 1 is not within 7 x 9 pixels"),
        (f"<a>{OBJECT.format('x', 0, 5, 0, 4, 1)}</a>", "5, 0 to 4, 1 is not within"),
        (f"<a>{OBJECT.format('x', 0, 0, 0, 'nan', 1)}</a>", "is not within"),
        (f"<a>{SIZE.format(-7, 9)}{OBJECT.format('x', 0, 0, 0, 1, 1)}</a>", "is not within"),
    ],
)
def test_bad_annotations(voc, text, problem):
    (voc / "Annotations" / "a.xml").write_text(text)
    assert problem in told(voc)


def test_a_folder_without_annotations(tmp_path):
    for part in ("Annotations", "JPEGImages"):
        (tmp_path / "zoo" / part).mkdir(parents=True)
    assert "zoo: images: there are none" in told(tmp_path / "zoo")


def test_a_size_that_cannot_be_measured(voc):
    (voc / "JPEGImages" / "a.png").write_bytes(b"no picture")
    assert "a.png: images: cannot be decoded" in told(voc)


IMAGES = [{"id": 7, "file_name": "1.png", "width": 7, "height": 9}]
IMAGES += [{"id": 3, "file_name": "0.png", "width": 7, "height": 9}]
CATEGORIES = [{"id": 9, "name": "dog"}, {"id": 2, "name": "cat"}]
BOXES = [
    {"image_id": 3, "category_id": 9, "bbox": [0, 0, 3.5, 9]},
    {"image_id": 7, "category_id": 2, "bbox": [3.5, 3, 3.7, 6], "iscrowd": 0},
    {"image_id": 7, "category_id": 2, "bbox": [0, 0, 7, 9], "iscrowd": 1},
]
COCO = {"images": IMAGES, "annotations": BOXES, "categories": CATEGORIES}


def saved(folder, found, pictures="val"):
    """A COCO file in `annotations`, and its pictures."""
    (folder / "annotations").mkdir(exist_ok=True)
    (folder / pictures).mkdir(parents=True, exist_ok=True)
    for place in range(2):
        (folder / pictures / f"{place}.png").write_bytes(encoded(place))
    path = folder / "annotations" / "instances_val.json"
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    return path


@pytest.mark.parametrize("pictures", ["val", "images", "images/val", "annotations", "."])
def test_coco(tmp_path, pictures):
    images = open_images(str(saved(tmp_path, COCO, pictures)), "train")
    assert (images.name, images.ids.tolist()) == ("instances_val", ["1.png", "0.png"])
    assert images.class_names == ("cat", "dog")
    np.testing.assert_allclose(images.boxes, [[0, 0, 0.5, 1], [0.5, 1 / 3, 1, 1]], rtol=1e-6)
    np.testing.assert_array_equal(images.box_image, [1, 0])
    np.testing.assert_array_equal(images.box_labels, [1, 0])
    np.testing.assert_array_equal(np.asarray(images.read(0)), pixels(1))


def changed(key, place, **fields):
    rows = [dict(row) for row in COCO[key]]
    rows[place] |= fields
    return COCO | {key: rows}


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ("{", "file: not JSON"),
        ("[" * 100_000, "file: not JSON"),
        ([], "images: missing, or no list"),
        (COCO | {"annotations": [3]}, "annotations 0: image_id: missing, or no int"),
        (COCO | {"annotations": []}, "instances_val: boxes: there are none"),
        (changed("images", 1, id="3"), "images 1: id: missing, or no int"),
        (changed("images", 1, id=7), "images: id 7 is there twice"),
        (
            changed("images", 1, width=None),
            "annotations 0: box: its corners, or the picture's width",
        ),
        (changed("images", 1, file_name="9.png"), "no folder near it has all 2, 1.png first"),
        (changed("annotations", 1, category_id=1), "annotations 1: category_id: 1 is not listed"),
        (changed("annotations", 1, bbox=[0, 0, 1]), "annotations 1: bbox: no four numbers"),
        (changed("annotations", 1, bbox=[0, 0, 1, -1]), "0, 0 to 1, -1 is not within 7 x 9 pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) > 9 else "",
)
def test_bad_coco(tmp_path, found, problem):
    assert problem in told(saved(tmp_path, found))


def test_no_coco(tmp_path):
    assert "none.json: file: cannot be read" in told(tmp_path / "none.json")
