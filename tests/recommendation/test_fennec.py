"""Fennec's place of a new task and promise of a network, against their definitions."""

import numpy as np
import pytest

from disco_jax.recommendation import Network, judged, recommend
from disco_jax.recommendation.factors import factorised
from disco_jax.recommendation.fennec import LAMS, RIDGE, by_network, fennec, placed, space
from disco_jax.recommendation.nearest_tasks import likeness

from .test_methods import history, kinds, table


def tasks_seen(tasks=7, samples=15, seed=0):
    rng = np.random.default_rng(seed)
    return likeness({f"t{t}": rng.normal(size=(samples, 4)) + t / 3 for t in range(tasks)})


def at(like, tasks, lam, vectors, task):
    """The place of a task by ridge regression on the likeness of others."""
    gram = np.array([[like[s, t] for t in tasks] for s in tasks]) + lam * np.eye(len(tasks))
    there = np.array([like[task, t] for t in tasks])
    return there @ np.linalg.solve(gram, vectors)


@pytest.mark.parametrize("holes", [0, 7])
def test_a_new_task_is_placed_by_what_it_looks_like(holes):
    past, like = history(table(holes=holes)), tasks_seen()
    models, vectors = factorised(past.values)
    vectors = vectors - (centre := vectors.mean(0))

    def error(lam):
        rest = [[t for t in range(6) if t != out] for out in range(6)]
        return sum(
            np.sum(
                (at(like, [f"t{t}" for t in own], lam, vectors[own], f"t{out}") - vectors[out]) ** 2
            )
            for out, own in enumerate(rest)
        )

    best = min(LAMS, key=error)
    expected = models @ (centre + at(like, past.tasks, best, vectors, "t6"))
    np.testing.assert_allclose(placed(space(past, like), like, "t6"), expected, rtol=1e-6)


def test_tasks_that_look_alike_are_told_from_the_others():
    past, like = kinds()
    assert min(judged(past, "fennec", like).tau_w) > 0.8
    assert max(judged(past, "static").tau_w) < 0


def networks(values):
    """Models m0, m1, ...: two kinds of operations, and ever more parameters."""
    kind = [{"conv": 9, "add": 3}, {"dot": 5, "exp": 7, "add": 1}]
    return {f"m{m}": Network(kind[m % 2], 100 * (m + 1)) for m in range(len(values))}


def test_what_networks_are_is_a_ridge_regression_of_records():
    values = table()
    known = networks(values)
    del known["m3"]
    found = by_network(history(values), known)
    effect = values.mean(1) - values.mean()
    rows = [0, 1, 2, 4, 5, 6, 7, 8]
    sizes = np.log([[12 if m % 2 == 0 else 13, 100 * (m + 1)] for m in rows])
    kind = np.array([[m % 2 == 0, m % 2 == 1] for m in rows], float)
    x = np.concatenate([kind, sizes], 1)
    x = (x - x.mean(0)) / x.std(0)
    y = effect[rows] - effect[rows].mean()
    above = x @ np.linalg.inv(x.T @ x + RIDGE * np.eye(4)) @ x.T @ y
    np.testing.assert_allclose(found, values.mean() + effect[rows].mean() + above)


def test_the_promise_is_the_mean_of_both_where_the_network_is_known():
    past, like = history(table()), tasks_seen()
    alone, known = fennec(past, like, "t6"), networks(past.values)
    del known["m3"]
    both = fennec(past, like, "t6", known)
    of_networks = dict(zip(known, by_network(past, known), strict=True))
    for model, promise in both.items():
        other = of_networks.get(model, alone[model])
        assert promise == pytest.approx((alone[model] + other) / 2)


def test_one_network_and_none_of_the_history():
    past, like = history(table()), tasks_seen()
    alone = fennec(past, like, "t6")
    assert fennec(past, like, "t6", {"other": Network({"dot": 1}, 5)}) == alone
    one = fennec(past, like, "t6", {"m2": Network({"dot": 1}, 5)})
    assert {m for m in one if one[m] != alone[m]} == {"m2"}


def test_accuracies_in_percent_give_the_same_order():
    like = tasks_seen()
    one, hundred = history(table()), history(100 * table())
    found = fennec(one, like, "t6", networks(table()))
    more = fennec(hundred, like, "t6", networks(table()))
    np.testing.assert_allclose(np.array(list(more.values())) / 100, list(found.values()), rtol=1e-5)


def test_from_python():
    past, like = history(table()), tasks_seen()
    found = recommend(past, task="t6", method="fennec", like=like, networks=networks(table()))
    assert dict(found.accuracy) == pytest.approx(fennec(past, like, "t6", networks(table())))
