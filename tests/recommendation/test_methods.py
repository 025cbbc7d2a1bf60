"""The ways to recommend, against their definitions, and what is expected of a model."""

import numpy as np
import pytest

from disco_jax.comparison import Accuracies, regret, weighted_tau
from disco_jax.errors import InputError
from disco_jax.history import effects, history_of
from disco_jax.recommendation import METHODS, ahead, judged, recommend
from disco_jax.recommendation.factors import ROUNDS, TINY, factorised, start
from disco_jax.recommendation.looks import of_accuracies
from disco_jax.recommendation.methods import Asked
from disco_jax.recommendation.nearest_tasks import likeness, nearest_tasks, promises
from disco_jax.recommendation.two_phase import groups


def history(values):
    """Models m0, m1, ... by tasks t0, t1, ...; holes where there is no number."""
    values = np.asarray(values, float)
    return history_of(
        Accuracies(
            {
                f"t{t}": {f"m{m}": float(v) for m, v in enumerate(column) if not np.isnan(v)}
                for t, column in enumerate(values.T)
            }
        )
    )


def table(models=9, tasks=6, special=0.02, seed=0, holes=0):
    """Fractions: an effect of each model and task, and something special."""
    rng = np.random.default_rng(seed)
    values = 0.6 + 0.08 * rng.normal(size=(models, 1)) + 0.1 * rng.normal(size=(1, tasks))
    values = np.clip(values + special * rng.normal(size=(models, tasks)), 0.01, 0.99)
    values.flat[rng.permutation(models * tasks)[:holes]] = np.nan
    return values


def updated(values, k, rounds):
    """Lee and Seung's updates, entry by entry, in float64."""
    known = ~np.isnan(values)
    scale = np.sqrt(np.nanmean(values) / k)
    u, v = (scale * start(size, k).astype(float) for size in values.shape)
    for _ in range(rounds):
        for of, other, a, there in ((u, v, values, known), (v, u, values.T, known.T)):
            before = of.copy()
            for i, j in np.ndindex(of.shape):
                cells = np.flatnonzero(there[i])
                top = sum(a[i, c] * other[c, j] for c in cells)
                low = sum((before[i] @ other[c]) * other[c, j] for c in cells)
                of[i, j] = before[i, j] * top / (low + TINY)
    return u, v


@pytest.mark.parametrize("holes", [0, 8])
def test_factors_are_those_of_the_updates(holes):
    values = table(6, 4, holes=holes)
    u, v = updated(values, 2, ROUNDS)
    found = factorised(values, 2)
    np.testing.assert_allclose(found[0] @ found[1].T, u @ v.T, rtol=2e-3)


def test_factors_find_a_table_that_is_made_of_them():
    rng = np.random.default_rng(1)
    values = rng.random((30, 2)) @ rng.random((2, 12))
    u, v = factorised(values, 2)
    assert min(u.min(), v.min()) >= 0
    assert np.abs(u @ v.T - values).max() < 0.02


def test_there_are_no_more_factors_than_half_of_the_tasks():
    assert factorised(table(9, 6))[0].shape == (9, 3)
    assert factorised(table(9, 1))[0].shape == (9, 1)


def test_models_that_did_alike_are_a_group_and_the_best_one_stands_for_it():
    rng = np.random.default_rng(2)
    kinds = rng.normal(0.5, 0.15, size=(3, 8))
    values = kinds[[0, 0, 1, 1, 1, 2]] + [[0.0], [0.01], [0.0], [0.02], [-0.01], [0.0]]
    assert groups(history(values)) == [[1, 0], [3, 2, 4], [5]]


def test_the_promise_is_the_record_times_what_was_seen():
    kinds = np.random.default_rng(2).normal(0.5, 0.15, size=(3, 8))
    values = kinds[[0, 0, 1, 1, 1, 2]] + [[0.0], [0.01], [0.0], [0.02], [-0.01], [0.0]]
    seen = {"m1": 0.9, "m3": 0.4}
    promised = METHODS["two-phase"].promises(history(values), Asked(lambda models: seen))
    mean = values.mean(1)
    apart = [np.sort(np.abs(values[5] - values[place]))[-5:].mean() for place in (1, 3)]
    alone = np.average([0.9, 0.4], weights=np.exp(-np.array(apart)))
    expected = mean * [0.9, 0.9, 0.4, 0.4, 0.4, alone]
    np.testing.assert_allclose(list(promised.values()), expected)


def test_nothing_is_looked_at_where_no_model_is_like_another():
    values = np.random.default_rng(3).random((5, 7))
    found = recommend(history(values), method="two-phase", look=lambda models: {})
    assert found.looked == ()
    assert list(found.accuracy) == list(recommend(history(values)).accuracy)


def test_likeness_is_that_of_first_and_second_moments():
    rng = np.random.default_rng(0)
    features = {task: rng.normal(size=(n, 4)) + n / 10 for task, n in {"a": 20, "b": 23}.items()}
    centre = (features["a"].mean(0) + features["b"].mean(0)) / 2
    rows = {task: x - centre for task, x in features.items()}
    v = np.mean([np.mean([row @ row for row in x]) for x in rows.values()])

    def inner(s, t):
        return np.mean([(1 + one @ other / v) ** 2 - 1 for one in rows[s] for other in rows[t]])

    like = likeness(features)
    cosine = inner("a", "b") / np.sqrt(inner("a", "a") * inner("b", "b"))
    assert like["a", "b"] == pytest.approx(like["b", "a"]) == pytest.approx(cosine)
    assert like["a", "a"] == pytest.approx(1)


@pytest.mark.parametrize("holes", [0, 10])
def test_promises_are_weighted_means(holes):
    values, weights = table(holes=holes), np.array([0.5, 0, 1, 2, 0.1, 0.3])
    past = history(values)
    level, _ = effects(past.values)
    for row, found in zip(past.values, promises(past, weights).values(), strict=True):
        known = [t for t in range(6) if not np.isnan(row[t])]
        above = sum(weights[t] * (row[t] - level[t]) for t in known)
        assert found == pytest.approx(level.mean() + above / sum(weights[t] for t in known))


def kinds():
    """Three tasks of each of two kinds; on the second the order of the models is turned around."""
    values = table(9, 6, special=0.005)
    values[:, 3:] = 1.2 - values[:, 3:]
    centres = np.random.default_rng(5).normal(size=(2, 5))
    rng = np.random.default_rng(6)
    seen = {f"t{t}": 3 * centres[t // 3] + rng.normal(size=(40, 5)) for t in range(6)}
    return history(values), likeness(seen)


def test_tasks_that_look_alike_are_told_from_the_others():
    past, like = kinds()
    static, nearest = judged(past, "static"), judged(past, "nearest-tasks", like)
    assert min(nearest.tau_w) > 0.9
    assert max(static.tau_w) < 0


def test_where_likeness_says_nothing_all_tasks_count_alike():
    past = history(table(special=0.05))
    flat = dict.fromkeys(likeness({t: np.eye(3) for t in past.tasks}), 0.5)
    rest = past.without("t1")
    found = nearest_tasks(rest, flat, "t1")
    assert found == pytest.approx(recommend(past, task="t1").accuracy)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("holes", [0, 10])
def test_a_task_of_the_history_is_left_out(method, holes):
    values = table(holes=holes)
    whole, truth = history(values), history(values).on("t2")
    rest = whole.without("t2")
    like = likeness({task: np.random.default_rng(8).normal(size=(9, 3)) for task in whole.tasks})
    of_whole = recommend(whole, task="t2", method=method, like=like)
    look = of_accuracies(truth, 1)
    of_rest = recommend(rest, task="t2", method=method, like=like, look=look)
    assert of_whole.accuracy == pytest.approx(of_rest.accuracy)
    assert set(of_whole.looked) <= truth.keys()


def test_nine_of_ten_accuracies_lie_within_their_interval():
    inside = []
    for seed in range(60):
        values = table(12, 7, special=0.03, seed=seed, holes=10)
        whole = history(values)
        found, truth = recommend(whole, task="t3"), whole.on("t3")
        inside += [
            low <= truth[m] <= high for m, (low, high) in found.intervals.items() if m in truth
        ]
    assert 0.85 < np.mean(inside) < 0.95


def test_one_task_has_an_order_and_no_intervals():
    found = recommend(history(table(5, 1)))
    assert len(found.accuracy) == 5
    assert found.intervals == {}


def test_intervals_stay_within_what_an_accuracy_can_be():
    for values in (table(special=0.2), 100 * table(special=0.2)):
        top = 100 if values.max() > 1 else 1
        for low, high in recommend(history(values)).intervals.values():
            assert 0 <= low <= high <= top
    lows = [low for low, _ in recommend(history(table() - 0.6)).intervals.values()]
    assert min(lows) < 0  # of R^2


def test_judged_is_one_task_after_the_other():
    values = table(special=0.1)
    found = judged(history(values), "static")
    for place, task in enumerate(found.tasks):
        promised, truth = np.delete(values, place, 1).mean(1), values[:, place]
        assert task == f"t{place}"
        assert found.tau_w[place] == pytest.approx(weighted_tau(promised, truth))
        assert found.regret_at_1[place] == pytest.approx(truth.max() - truth[promised.argmax()])
        assert found.regret_at_3[place] == pytest.approx(regret(promised, truth, k=3))
    assert found.looked == (0,) * 6
    more, low, high = ahead(found, found)
    assert (more, low, high) == (0, 0, 0)


def test_a_method_that_looks_says_at_how_many():
    values = np.repeat(table(4, 6, special=0.1), 2, axis=0)
    found = judged(history(values), "two-phase")
    assert set(found.looked) == {4}
    assert found.to_dict()["looked"] == 4


def test_what_cannot_be_judged_is_left_out():
    assert judged(history(table(5, 1)), "static").tasks == ()
    assert judged(history(table(2, 5)), "static").tasks == ()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"method": "statc"}, "did you mean static"),
        ({"task": "t9"}, "there is no 't9'"),
        ({"method": "two-phase"}, "two-phase looks at m"),
        ({"method": "nearest-tasks", "task": "t2"}, "give a folder with a proxy's features"),
    ],
)
def test_what_is_asked_and_is_not_there(asked, says):
    with pytest.raises(InputError, match=says):
        recommend(history(np.repeat(table(4, 6, special=0.1), 2, axis=0)), **asked)
