"""Changes to a network's preprocessing: what they name, and nothing else."""

import jax.numpy as jnp
import numpy as np
import pytest

from disco_jax.data.changing import KINDS, changed, check_changes
from disco_jax.data.preprocessing import Preprocessing, normalise, standard

from ..refusal import refusal

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
OWN = standard(24, shorter=32, interpolation="bilinear", mean=MEAN, deviation=DEVIATION)
WHERE = "hub.toml: model 1 (a)"
BYTES = np.random.default_rng(0).integers(0, 256, (1, 2, 2, 3), np.uint8)

ALONE = {  # a table of one key, and the fields that become these
    "size": ({"size": 28}, {"size": 28}),
    "resize": ({"resize": 40}, {"shorter": 40}),
    "both sides": ({"resize": [40, 40]}, {"shorter": 40, "aspect": False}),
    "crop": ({"crop": False}, {"shorter": None}),
    "interpolation": ({"interpolation": "bicubic"}, {"interpolation": "bicubic"}),
    "bgr": ({"bgr": True}, {"bgr": True, "offset": OWN.offset[::-1], "scale": OWN.scale[::-1]}),
    "mean": ({"mean": 0.5}, {"offset": (127.5,) * 3}),
    "deviation": ({"deviation": [1, 0.5, 1]}, {"scale": (1 / 255, 2 / 255, 1 / 255)}),
    "range": ({"range": 255, "mean": [1, 2, 3]}, {"offset": (1, 2, 3)}),
}


def test_every_key_is_tried():
    assert {key for table, _ in ALONE.values() for key in table} == set(KINDS)


@pytest.mark.parametrize("name", ALONE)
def test_what_is_named_and_nothing_else(name):
    table, fields = ALONE[name]
    check_changes(table, WHERE)
    assert changed(OWN, table, WHERE) == OWN._replace(**fields)


def test_nothing_is_named():
    assert changed(OWN, {}, WHERE) == OWN
    assert changed(OWN, {"bgr": False, "crop": True}, WHERE) == OWN


def test_a_centre_of_what_was_whole():
    whole = Preprocessing(24)
    assert changed(whole, {"crop": True}, WHERE).shorter == 24
    assert changed(whole, {"resize": 30}, WHERE).shorter == 30


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"mean": 0, "deviation": 1}, BYTES / 255),  # SimCLR's
        ({"mean": 0, "deviation": 1, "range": 255}, BYTES / 1.0),
        ({"mean": 0.5, "deviation": 0.5}, BYTES / 127.5 - 1),
        (
            {"mean": [103.939, 116.779, 123.68], "deviation": 1, "range": 255, "bgr": True},
            BYTES[..., ::-1] - np.array([103.939, 116.779, 123.68]),
        ),
        ({"bgr": True}, ((BYTES / 255 - np.array(MEAN)) / np.array(DEVIATION))[..., ::-1]),
    ],
    ids=["0 to 1", "0 to 255", "-1 to 1", "caffe", "bgr alone"],
)
def test_the_network_sees(table, expected):
    check_changes(table, WHERE)
    found = normalise(jnp.asarray(BYTES), changed(OWN, table, WHERE), jnp.float64)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("table", "key", "told"),
    [
        ({"sise": 3}, "key 'sise'", "unknown; did you mean size?"),
        ({"colour": 3}, "key 'colour'", "there are size, resize, crop"),
        ({"size": 0}, "size", "cannot be 0; give pixels, 1 to 4096"),
        ({"size": True}, "size", "cannot be True"),
        ({"resize": [40, 30]}, "resize", "give 256 for the shorter side, or [256, 256] for both"),
        ({"crop": "no"}, "crop", "give true or false"),
        ({"interpolation": "nearest"}, "interpolation", "give bilinear or bicubic"),
        ({"interpolation": ["bilinear"]}, "interpolation", "give bilinear or bicubic"),
        ({"bgr": 1}, "bgr", "give true or false"),
        ({"mean": [0.5, 0.5]}, "mean", "give a number, or three"),
        ({"mean": float("nan")}, "mean", "cannot be nan"),
        ({"deviation": [1, 1, 0]}, "deviation", "give a number above 0, or three"),
        ({"range": 2, "mean": 1}, "range", "give 1 or 255"),
        ({"range": 255}, "range", "give them beside it"),
        ({"mean": 123.68}, "mean", "123.68 is beyond 0..1; give range = 255"),
        ({"mean": 300, "range": 255}, "mean", "300 is beyond 0..255; correct it"),
        ({"crop": False, "resize": 40}, "resize", "leave one out"),
    ],
)
def test_wrong_whatever_the_network(table, key, told):
    refusal(lambda: check_changes(table, WHERE), f"preprocess: {key}", told, file=WHERE)


def test_no_table():
    refusal(lambda: check_changes(224, WHERE), "preprocess", "not a table", file=WHERE)


@pytest.mark.parametrize(
    ("table", "key", "told"),
    [
        ({"size": 33}, "size", "33 px cannot be cut out of 32 px; give resize = 33 or more"),
        ({"resize": 20}, "resize", "24 px cannot be cut out of 20 px"),
    ],
)
def test_wrong_for_the_network(table, key, told):
    check_changes(table, WHERE)
    refusal(lambda: changed(OWN, table, WHERE), f"preprocess: {key}", told, file=WHERE)
