"""Training against Adam written out, and that it learns."""

import jax
import numpy as np
import pytest

from disco_jax.finetuning import finetune
from disco_jax.finetuning.cut import Cut
from disco_jax.finetuning.goals import encoded, goal
from disco_jax.finetuning.training import HEAD, order_of, rates_of, shift_of, trainer

from ..closeness import close
from .pictures import brightness, network, pictures

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def optax_promotes():
    """Optax multiplies counts by rates, which strict promotion forbids."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def adam(features, labels, rows, rates, batch, classes):
    """W and b after one epoch of Adam on the cross-entropy, in float64 NumPy."""
    d = features.shape[1]
    z = (features - features.mean(0)) / features.std(0)
    gain = HEAD / np.sqrt(d)
    theta = np.zeros((d + 1, classes))
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, start in enumerate(range(0, len(rows), batch), 1):
        some = rows[start : start + batch]
        x = np.column_stack([z[some], np.ones(len(some))]) * gain
        p = np.exp(x @ theta)
        p /= p.sum(1, keepdims=True)
        slope = x.T @ (p - np.eye(classes)[labels[some]]) / len(some)
        m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        theta -= rates[t - 1] * step
    return theta[:d], theta[d]


def test_an_epoch_of_the_head_is_adam():
    features = RNG.normal(2, [1, 3, 0.1], (22, 3))
    labels = np.arange(22) % 3
    identity = Cut(lambda x: x, lambda weights, x: x, [], 0)
    of = goal("classification", labels)
    run = trainer(identity, of, 8)
    rows = np.arange(22)[order_of(22, 1, 0)]
    rates = rates_of(0.1, 0, 2, 3)
    close(rates, 0.1 * (1 + np.cos(np.pi * np.arange(3) / 6)) / 2)
    wanted = encoded(of, labels)
    state = run.epoch(run.start(features), shift_of(features), features, wanted, rows, rates)
    w, b = adam(features, labels, rows, rates.astype(float), 8, 3)
    close(np.asarray(state.weights[1])[:, :3], w, rtol=1e-5)
    close(np.asarray(state.weights[2])[:3], b, rtol=1e-5)
    assert not np.asarray(state.weights[1])[:, 3:].any()


def test_features_that_are_constant_say_nothing():
    features = np.stack([np.ones(4), np.arange(4)], 1)
    mean, inverse = shift_of(features)
    close(mean, [1, 1.5])
    close(inverse, [0, 1 / np.arange(4).std()])


@pytest.mark.parametrize("tune", ["all", "block", "head"])
def test_classes_are_learnt(tune):
    (run,) = finetune(network(), pictures(), tune=tune, rates=[3e-3], epochs=8)
    assert run.accuracy > 0.9 and run.status == "done" and run.tune == tune
    assert (run.train, run.test, run.pixels) == (90, 30, 8)


@pytest.mark.parametrize("task", ["regression", "detection"])
def test_real_answers_are_learnt(task):
    boxes = np.array([[c % 2, c // 2, c % 2 + 1, c // 2 + 1] for c in np.arange(120) % 3]) / 2
    images = pictures(targets=brightness(), boxes=boxes, box_image=np.arange(120))
    (run,) = finetune(network(), images, task=task, rates=[3e-3], epochs=8)
    assert run.accuracy > (0.3 if task == "regression" else 0.7)


def test_the_rate_is_chosen_once_and_seeds_differ():
    first, second = finetune(network(), pictures(), rates=[1e38, 3e-3], epochs=2, seeds=2)
    assert (first.rate, second.rate) == (3e-3, 3e-3)
    assert first.rates == second.rates == "0.003 1e+38"
    assert first.validations == f"{first.validation:.6g} nan"
    assert second.validations == f"{second.validation:.6g}"
    assert (first.status, second.status) == ("done", "done")


def test_a_run_that_diverges_says_so():
    (run,) = finetune(network(), pictures(), rates=[1e38], epochs=2)
    assert run.status == "diverged" and run.accuracy == pytest.approx(1 / 3, abs=0.05)
    assert (run.curve, run.to_dict()["validation"]) == ("nan", None)
