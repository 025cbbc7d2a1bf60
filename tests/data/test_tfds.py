"""TensorFlow Datasets through `tfds.data_source`; skipped where the package is not installed."""

import sys

import numpy as np
import pytest

from disco_jax.data import open_images

from .pictures import encoded, pixels


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ValueError, match=r"tfds:mnist: data: .*disco-jax\[data\]"):
        open_images("tfds:mnist")


@pytest.fixture
def tfds():
    pytest.importorskip("array_record")
    return pytest.importorskip("tensorflow_datasets")


@pytest.fixture
def mocked(tfds, monkeypatch):
    """`mocked(example)`: every split of every set holds it three times, its picture encoded."""
    # `mock_data` has the schemas; its examples want TensorFlow where pictures are not decoded.
    target = "tensorflow_datasets.core.DatasetBuilder.as_data_source"
    with tfds.testing.mock_data(), monkeypatch.context() as patch:
        yield lambda example: patch.setattr(target, lambda *a, **k: [example] * 3)


@pytest.mark.filterwarnings("ignore")
def test_labels(mocked):
    mocked({"image": encoded(4), "label": 7, "id": "x"})
    images = open_images("tfds:cifar10", "train[:3]")
    assert (len(images), len(images.class_names)) == (3, 10)
    np.testing.assert_array_equal(images.labels, [7, 7, 7])
    np.testing.assert_array_equal(np.asarray(images.read(2)), pixels(4))


@pytest.mark.filterwarnings("ignore")
def test_boxes(mocked):
    boxes = [[0.1, 0.2, 0.3, 0.4], [0, 0, 0.5, 0.5], [0, 0, 1, 1]]
    difficult = np.array([False, True, False])
    objects = {"bbox": np.array(boxes), "label": np.array([3, 2, 1]), "is_difficult": difficult}
    mocked({"image": encoded(0), "objects": objects})
    images = open_images("tfds:voc/2007", "test")
    assert len(images) == 3 and images.class_names[0] == "aeroplane" and images.labels is None
    np.testing.assert_allclose(images.boxes[:2], [[0.2, 0.1, 0.4, 0.3], [0, 0, 1, 1]])
    np.testing.assert_array_equal(images.box_image, [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(images.box_labels, [3, 1] * 3)


@pytest.mark.filterwarnings("ignore")
def test_a_set_that_is_not_here(tfds, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(ValueError, match="tfds:nosuchset: data: not on this machine"):
        open_images("tfds:nosuchset")


@pytest.mark.filterwarnings("ignore")
def test_our_own_builder(tfds, tmp_path, monkeypatch):
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    plain = open_images("sk_digits", "test")
    images = open_images("tfds:sk_digits", "test")
    assert len(images) == len(plain) == 500

    def rows(found):
        return sorted(
            (int(label), np.asarray(found.read(i)).tobytes())
            for i, label in enumerate(found.labels)
        )

    assert rows(images) == rows(plain)  # TFDS shuffles
