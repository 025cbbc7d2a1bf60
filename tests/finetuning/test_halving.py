"""Who is dropped when, and what a curve is predicted to come to."""

import math

import numpy as np
import pytest

from disco_jax.finetuning.convergence import predicted
from disco_jax.finetuning.halving import best, halvings, planned_epochs

from ..closeness import close
from ..oracles.convergence import predicted as by_definition

RNG = np.random.default_rng(0)


def curves(many, lengths=(1, 4, 6, 9)):
    """Of two kinds, early and late, with different numbers of epochs."""
    found = []
    for i in range(many):
        done = np.arange(1, lengths[i % len(lengths)] + 1) / lengths[i % len(lengths)]
        values = 0.6 * done ** (0.2 if i % 2 else 2) + RNG.normal(0, 0.05, len(done))
        found.append((tuple(values), float(values[-1] + RNG.normal(0, 0.05))))
    return found


@pytest.mark.parametrize("many", [1, 2, 4, 5, 13])
@pytest.mark.parametrize("epochs", [1, 4, 7])
def test_predictions_are_those_of_the_definition(many, epochs):
    past = curves(many)
    for now in range(1, epochs + 1):
        curve = np.sort(RNG.random(now) / 2).tolist()
        close(predicted(curve, epochs, past), by_definition(curve, epochs, past))


def test_a_harder_task_moves_the_prediction_by_as_much():
    past, curve = curves(9), np.array([0.2, 0.3, 0.35])
    lower = [(np.subtract(values, 0.1), accuracy - 0.1) for values, accuracy in past]
    close(predicted(curve - 0.1, 8, lower), predicted(curve, 8, past) - 0.1)


def test_without_a_past_it_is_what_is_there():
    assert predicted([0.1, 0.4], 8, []) == 0.4
    assert math.isnan(predicted([0.1, math.nan], 8, curves(3)))


@pytest.mark.parametrize(
    ("networks", "epochs", "found"),
    [
        (8, 16, {2: 4, 4: 2, 8: 1}),
        (15, 10, {1: 8, 2: 4, 3: 2, 5: 1}),
        (20, 10, {1: 10, 2: 5, 3: 3, 4: 2, 5: 1}),
        (3, 2, {1: 2, 2: 1}),
        (2, 1, {1: 1}),
        (9, 2, {1: 5, 2: 1}),
    ],
)
def test_halvings(networks, epochs, found):
    assert halvings(networks, epochs) == found


def test_epochs_of_all_halvings():
    assert planned_epochs(8, 16, 1) == (3 + 2) * 16 // 2
    assert planned_epochs(8, 16, 3) == 40 + 2 * 8 * 2
    assert planned_epochs(5, 1, 2) == 10


def test_the_best_are_the_largest_that_are_numbers():
    values = {"a": 0.2, "b": math.nan, "c": 0.3, "d": 0.2}
    assert best(values, 1) == ["c"]
    assert best(values, 2) == ["a", "c"]
    assert best(values, 4) == ["a", "b", "c", "d"]
    assert best({"b": math.nan, "a": -2.0}, 1) == ["a"]
