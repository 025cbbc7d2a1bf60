"""Losses and measures against their formulas."""

import jax
import numpy as np
import pytest

from disco_jax.finetuning.goals import answers, constant, encoded, goal, loss, measure

from ..closeness import close
from ..refusal import refusal
from .pictures import brightness, pictures

RNG = np.random.default_rng(0)


def test_cross_entropy_of_the_classes_there_are():
    outputs = RNG.normal(size=(5, 64)).astype(np.float32)
    wanted, where = np.array([0, 2, 1, 1, 0], np.int32), np.array([1, 1, 0, 1, 0], np.float32)
    found = loss("classification", outputs, wanted, np.int32(3), where)
    p = np.exp(outputs[:, :3].astype(np.float64))
    each = -np.log(p[np.arange(5), wanted] / p.sum(1))
    close(found, each[where > 0].mean())
    slopes = jax.grad(lambda x: loss("classification", x, wanted, np.int32(3), where))(outputs)
    assert np.isfinite(slopes).all() and not slopes[:, 3:].any() and not slopes[2].any()


def test_squared_error_of_standardised_targets():
    targets = RNG.normal(3, 5, (40, 2))
    of = goal("regression", targets)
    wanted = encoded(of, targets)
    close(wanted.mean(0), np.zeros(2), atol=1e-6)
    close(
        loss(
            "regression",
            np.zeros((40, 2), np.float32),
            wanted,
            np.int32(2),
            np.ones(40, np.float32),
        ),
        1,
    )
    guess = RNG.normal(size=(40, 2))
    real = guess * targets.std(0) + targets.mean(0)
    r2 = 1 - ((real - targets) ** 2).sum(0) / ((targets - targets.mean(0)) ** 2).sum(0)
    close(measure(of, guess, targets), r2.mean())
    assert constant(of, targets, targets) == pytest.approx(0, abs=1e-12)


def test_share_of_right_answers():
    of = goal("classification", np.array([0, 1, 1, 2]))
    outputs = np.zeros((4, 64))
    outputs[:, 63] = 9  # no class
    outputs[np.arange(4), [0, 1, 2, 2]] = 1
    assert measure(of, outputs, np.array([0, 1, 1, 2])) == 0.75
    assert constant(of, np.array([0, 1, 1, 2]), np.array([1, 1, 0, 2])) == 0.5
    assert np.isnan(measure(of, np.full((4, 64), np.nan), np.zeros(4)))


def test_overlap_of_boxes():
    boxes = np.array([[0, 0, 2, 2], [0, 0, 1, 1], [0, 0, 1, 1.0]])
    of = goal("detection", boxes)
    guess = np.array([[1, 0, 3, 2], [0, 0, 1, 1], [5, 5, 4, 4.0]])  # 2 of 6, all, none
    assert measure(of, (guess - of.mean) / of.deviation, boxes) == pytest.approx((1 / 3 + 1) / 3)


def test_the_largest_box_of_each_picture():
    boxes = np.array([[0, 0, 0.1, 0.1], [0, 0, 0.5, 0.5], [0.2, 0.2, 0.4, 0.4]])
    images = pictures(2, boxes=boxes, box_image=np.array([0, 0, 1]))
    np.testing.assert_array_equal(answers(images, "detection"), boxes[1:])


def test_answers_that_cannot_be_learnt():
    several = pictures(6, labels=np.ones((6, 2), int))
    refusal(lambda: answers(several, "classification"), "labels", "several", file="corners")
    targets = brightness(6)
    targets[3, 1] = np.nan
    odd = pictures(6, targets=targets)
    refusal(lambda: answers(odd, "regression"), "targets", "image 3", file="corners")
