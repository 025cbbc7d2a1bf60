"""Resizing against PIL with sizes worked out by hand, normalisation against its formula."""

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from disco_jax.data.preprocessing import Preprocessing, normalise, resize, standard

from .pictures import pixels

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.mark.parametrize(
    ("height", "width", "shorter", "size", "whole", "left", "top"),
    [
        (375, 500, 256, 224, (341, 256), 58, 16),  # 341.33 wide; 58.5 rounds to even
        (500, 333, 232, 224, (232, 348), 4, 62),  # 348.35 high
        (97, 131, 35, 32, (47, 35), 8, 2),  # 47.27 wide; 7.5 and 1.5 round to even
        (60, 60, 33, 32, (33, 33), 0, 0),  # 0.5 rounds to even
        (40, 70, 40, 40, (70, 40), 15, 0),  # nothing to resize
    ],
)
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_shorter_side_and_centre(height, width, shorter, size, whole, left, top, interpolation):
    picture = Image.fromarray(pixels(0, (height, width)))
    how = Preprocessing(size, shorter=shorter, interpolation=interpolation)
    by = Image.Resampling.BILINEAR if interpolation == "bilinear" else Image.Resampling.BICUBIC
    expected = picture.resize(whole, by).crop((left, top, left + size, top + size))
    np.testing.assert_array_equal(resize(picture, how), np.asarray(expected))


def test_both_sides_and_centre():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    found = resize(picture, Preprocessing(12, shorter=16, aspect=False))
    whole = np.asarray(picture.resize((16, 16), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(found, whole[2:14, 2:14])


def test_whole_picture():
    picture = Image.fromarray(pixels(0, (40, 70)))
    expected = picture.resize((16, 16), Image.Resampling.BICUBIC)
    found = resize(picture, Preprocessing(16, interpolation="bicubic"))
    np.testing.assert_array_equal(found, np.asarray(expected))


def test_grey_and_palette_become_rgb():
    grey = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    assert (resize(grey, Preprocessing(8)) == np.asarray(grey)[:, :, None]).all()
    assert resize(grey.convert("P"), Preprocessing(4)).shape == (4, 4, 3)


def test_normalise():
    how = Preprocessing(2, True, (1.0, 2.0, 3.0), (0.5, 1.0, 2.0))
    image = jnp.arange(12, dtype=jnp.uint8).reshape(1, 2, 2, 3)
    expected = (np.asarray(image, np.float64)[..., ::-1] - [1, 2, 3]) * [0.5, 1, 2]
    np.testing.assert_array_equal(normalise(image, how), expected)
    assert normalise(image, how, jnp.bfloat16).dtype == jnp.bfloat16


def test_standard():
    how = standard(224, shorter=256, interpolation="bicubic", mean=MEAN, deviation=DEVIATION)
    assert (how.size, how.bgr, how.shorter, how.interpolation) == (224, False, 256, "bicubic")
    image = np.random.default_rng(0).integers(0, 256, (1, 3, 3, 3), dtype=np.uint8)
    found = normalise(jnp.asarray(image), how, jnp.float64)
    expected = (image / 255 - np.array(MEAN)) / np.array(DEVIATION)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
    assert "bicubic, antialiased, shorter side to 256 px, centre; RGB" in str(how)


def test_the_text_of_the_whole_picture_stays():
    text = "224 px bilinear, antialiased, whole picture to a square; "
    assert str(Preprocessing(224)).startswith(text + "RGB (x - (0.0, 0.0, 0.0)) * (1.0, 1.0, 1.0)")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"interpolation": "nearest"}, "interpolation: 'nearest' is unknown"),
        ({"shorter": 223}, "shorter side: 223 px hold no centre of 224 px"),
        ({"mean": (0.5,)}, "mean (0.5,)"),
        ({"deviation": (0.5, 0, 0.5)}, "deviation (0.5, 0, 0.5)"),
    ],
)
def test_what_is_no_preprocessing(wrong, told):
    right = {"shorter": 224, "interpolation": "bilinear", "mean": MEAN, "deviation": DEVIATION}
    with pytest.raises(ValueError) as why:
        standard(224, **right | wrong)
    assert told in str(why.value) and "; " in str(why.value) and "\n" not in str(why.value)
