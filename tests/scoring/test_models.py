"""From what a user names to feature sets of one task on the same samples."""

import numpy as np
import pytest

from disco_jax.features import FeatureSet
from disco_jax.scoring.models import agree_on_task, number_of_classes, opened

from ..refusal import refusal

X = np.arange(12.0).reshape(4, 3)
LABELS = np.array([0, 1, 0, 1])


def test_names_come_from_what_is_given():
    sets = [FeatureSet(X, labels=LABELS, name="first"), X + 1]
    assert list(opened(sets, {}, keep_going=False).models) == ["first", "model 1"]
    assert list(opened({"b": X, "a": X}, {}, keep_going=False).models) == ["b", "a"]
    assert list(opened(np.stack([X, X]), {}, keep_going=False).models) == ["model 0", "model 1"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "there are none"),
        (np.ones((2, 3)), "names no models"),
        ([FeatureSet(X, name="a"), FeatureSet(X, name="a")], "a is there twice"),
    ],
)
def test_hubs_that_are_none(given, told):
    refusal(lambda: opened(given, {}, keep_going=False), "models", told, file="hub")


def test_a_layer_that_is_a_model_too():
    given = {"a": FeatureSet(X, layers={"last": X}), "a@last": X}
    refusal(lambda: opened(given, {}, keep_going=False), "models", "twice", file="hub")


def test_failures_are_kept_or_raised():
    given = {"good": X, "bad": "nowhere.npz"}
    refusal(lambda: opened(given, {}, keep_going=False), "file", file="nowhere.npz")
    hub = opened(given, {}, keep_going=True)
    assert list(hub.models) == ["good"] and "nowhere.npz" in hub.failures["bad"]


def test_what_is_given_once_is_for_one_order_of_samples():
    ids = np.arange(4)
    sets = {"a": FeatureSet(X, ids=ids), "b": FeatureSet(X, ids=ids[::-1])}
    given = {"labels": LABELS}
    refusal(lambda: opened(sets, given, keep_going=False), "ids", "order of those of a", file="b")
    assert list(opened(sets, {}, keep_going=False).models) == ["a", "b"]


def test_one_task_for_all():
    silent, several = FeatureSet(X), FeatureSet(X, labels=LABELS, targets=X)
    given = {"a": silent, "b": several, "c": FeatureSet(X, labels=LABELS), "d": several}
    hub = opened(given, {}, keep_going=True)
    assert agree_on_task(hub, None) == "classification" and list(hub.failures) == ["a", "b"]
    assert agree_on_task(hub, "regression") == "regression"
    refusal(lambda: agree_on_task(hub, "sorting"), "sorting", "unknown", file="task")
    hub = opened({"a": silent}, {}, keep_going=False)
    refusal(lambda: agree_on_task(hub, None), "labels", "missing", file="a")


def test_as_many_classes_as_the_model_with_the_most():
    sets = [FeatureSet(X, labels=LABELS), FeatureSet(X, labels=np.arange(4))]
    assert number_of_classes(sets, "classification") == 4
    assert number_of_classes([FeatureSet(X, labels=np.eye(4, 3, dtype=int))], "classification") == 2
    assert number_of_classes([FeatureSet(X, targets=X)], "regression") == 1
