"""What moves a score though nothing was learnt: `metrics.moved` says it, and here it is measured.

All changes are masked rows and empty columns of one program for each task.
"""

from functools import cache

import jax
import numpy as np
import pytest

from disco_jax.metrics.moved import CHANGES, MOVED
from disco_jax.metrics.specs import parse
from disco_jax.metrics.table import METRICS
from disco_jax.scoring.plan import plan_of
from disco_jax.scoring.program import program
from disco_jax.testing.given import WHOLE, given

from ..problems import problem
from .test_properties import CLASSES, ITERATIVE

NAMES = ("tall-gapped-1", "tall-flat", "wide-gapped-1")
ROWS, COLUMNS = 600, 320
MOVES = 1e-3  # of the score or, below 1, of 1


def doubled(x):
    return np.tile(x, 2)


def noisy(x):
    """As many columns of noise, each as large as a column is in the mean."""
    return np.hstack([x, x.std(0).mean() * np.random.default_rng(3).normal(size=x.shape)])


def wider(x):
    """The same distances and angles in twice the columns."""
    d = x.shape[1]
    return x @ np.linalg.qr(np.random.default_rng(4).normal(size=(2 * d, 2 * d)))[0][:d]


ON_FEATURES = {
    "columns twice": doubled,
    "noise columns": noisy,
    "twice as wide": wider,
    "times 0.001": lambda x: x * 1e-3,
    "times 1000": lambda x: x * 1e3,
}


def roomy(arrays):
    """The same arrays, masked in larger ones."""
    n, d = arrays["features"].shape
    more = {name: a for name, a in arrays.items() if name not in WHOLE}
    more = {name: np.concatenate([a, np.repeat(a[:1], ROWS - n, 0)]) for name, a in more.items()}
    arrays = {**arrays, **more, "where": np.arange(ROWS) < n, "width": np.asarray(d, np.int32)}
    for name in ("features", "source_features"):
        arrays[name] = np.pad(arrays[name], ((0, 0), (0, COLUMNS - d))).astype(np.float32)
    return arrays


def changed(plain, what):
    if what == "samples twice":
        return {name: a if name in WHOLE else np.repeat(a, 2, 0) for name, a in plain.items()}
    features = {name: ON_FEATURES[what](plain[name]) for name in ("features", "source_features")}
    return plain | features


def task_of(kind):
    return "regression" if kind == "regression" else "classification"


def plan(kind):
    iterates, task = kind == "iterative", task_of(kind)
    specs = [spec for spec in parse("all", task) if (spec.name in ITERATIVE) == iterates]
    return plan_of(specs, task, CLASSES)


def direction(name, before, after):
    """1 up, -1 down, 0 no move; of a score that is relative to a hub, in a hub of the two."""
    if "score" in before:
        return sign(before["score"], after["score"])
    of_two = {
        term: np.array([value, after[term] if sign(value, after[term]) else value])
        for term, value in before.items()
    }
    return int(np.sign(np.diff(METRICS[name].combine(of_two))[0]))


def sign(before, after):
    return int(np.sign(after - before)) if abs(after - before) > MOVES * max(1, abs(before)) else 0


@cache
def measured(kind):
    """{spec: the directions of all changes}."""
    plans = plan(kind)
    run = jax.jit(program(plans))

    def scores(arrays):
        with jax.enable_x64(False):
            return jax.device_get(run(roomy(arrays)).results)

    moves = {spec.text: {what: set() for what in CHANGES} for spec in plans.specs}
    for name in NAMES:
        plain = given(problem(name), plans.task)
        before = scores(plain)
        for what in CHANGES:
            after = scores(changed(plain, what))
            for spec in plans.specs:
                moves[spec.text][what].add(
                    direction(spec.name, before[spec.text], after[spec.text])
                )
    signs = {(): ".", (1,): "+", (-1,): "-", (-1, 1): "±"}
    return {
        text: "".join(signs[tuple(sorted(each - {0}))] for each in of.values())
        for text, of in moves.items()
    }


@pytest.mark.parametrize("kind", ["classification", "regression", "iterative"])
def test_what_moves_a_score_is_listed(kind):
    found = measured(kind)
    assert found == {text: MOVED[text][task_of(kind)] for text in found}


def test_every_metric_is_listed():
    listed = {(spec, task) for spec, of_task in MOVED.items() for task in of_task}
    tasks = ("classification", "regression")
    assert listed == {(spec.text, task) for task in tasks for spec in parse("all", task)}


def test_what_is_said_to_be_free_of_the_scale_is_not_moved_by_it():
    for spec, of_task in MOVED.items():
        if METRICS[spec.partition(":")[0]].scale == "free":
            assert all(signs[3:5] == ".." for signs in of_task.values()), spec
