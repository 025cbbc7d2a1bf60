"""A race against the full run, and the error that decides it against scores of each part."""

import itertools

import numpy as np
import pytest

import disco_jax
from disco_jax.errors import InputError
from disco_jax.features import FeatureSet
from disco_jax.scoring import jackknife, race, standard_error
from disco_jax.scoring.jackknife import without_each_part
from disco_jax.scoring.rounds import judged, shuffled, sizes

from ..small_hubs import feature_sets, samples

LABELS, TARGETS, _ = samples(n=60, classes=3)
WIDTHS = {"a": 20, "b": 20}


def noisy_hub(labels, noises, width=16):
    """Class centres plus noise: the less noise, the better the model."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(labels.max() + 1, width))[labels]
    noise = rng.normal(size=(len(noises), len(labels), width))
    return {f"m{i}": (centres + s * noise[i]).astype(np.float32) for i, s in enumerate(noises)}


def raced(hub, labels, seen=None, **how):
    """The race of a hub of arrays; what was asked for is added to `seen`."""

    def of(names, places, before):
        if seen is not None:
            seen.append((list(names), places.tolist(), before))
        return {m: FeatureSet(hub[m][places], labels=labels[places]) for m in names if m in hub}

    return race(list(hub), of, labels, "classification", "disco:mode=tuned", **how)


@pytest.mark.parametrize("metric", ["disco:mode=tuned", "ridge_loo", "ncti"])
def test_parts_are_scores_of_the_rest(metric):
    hub = feature_sets(LABELS, WIDTHS)
    scores, parts = jackknife(hub, metric, "classification")
    weights = without_each_part(LABELS)
    full = disco_jax.score(hub, metrics=metric).scores
    assert scores == pytest.approx({m: full[m][metric] for m in hub}, rel=1e-4)
    for k in (0, 7):
        rows = weights[k] == 1
        rest = {
            m: FeatureSet(np.asarray(x.features)[rows], labels=LABELS[rows]) for m, x in hub.items()
        }
        alone = disco_jax.score(rest, metrics=metric).scores
        for model in hub:
            assert parts[model][k] == pytest.approx(alone[model][metric], rel=2e-3, abs=1e-4)


def test_parts_of_regression():
    hub = {
        m: FeatureSet(x.features, targets=TARGETS) for m, x in feature_sets(LABELS, WIDTHS).items()
    }
    scores, parts = jackknife(hub, "ridge_loo", "regression")
    assert scores.keys() == parts.keys() == hub.keys()
    assert {len(values) for values in parts.values()} == {10}


@pytest.mark.parametrize("classes", [np.zeros(23), np.arange(40) % 4, np.array(["b", "a"] * 3)])
def test_every_sample_is_left_out_once_and_classes_stay_balanced(classes):
    weights = without_each_part(classes)
    assert weights.shape == (min(10, len(classes)), len(classes))
    assert ((weights == 0).sum(0) == 1).all()
    for one in np.unique(classes):
        left_out = (weights[:, classes == one] == 0).sum(1)
        assert np.ptp(left_out) <= 1


def test_the_standard_error_of_a_mean_is_the_usual_one():
    x = np.random.default_rng(0).normal(size=40)
    means = [np.delete(x, i).mean() for i in range(40)]
    assert standard_error(means, np.zeros(40)) == pytest.approx(x.std(ddof=1) / np.sqrt(40))


def test_who_is_far_behind_is_dropped():
    rng = np.random.default_rng(1)
    common = rng.integers(5, size=10).astype(float)
    parts = {"first": common, "near": common + 0.01 * rng.normal(size=10), "far": common - 1}
    scores = {"first": 1.0, "near": 1.0 - 1e-3, "far": 0.0}
    found = judged(50, scores, parts)
    error = standard_error(parts["first"], parts["near"])
    assert found.leader == "first"
    assert found.behind["near"] == pytest.approx(1e-3 / error)
    assert found.behind["far"] == np.inf
    assert found.dropped == ("far",)
    assert judged(50, dict.fromkeys(parts, 1.0), parts).dropped == ()
    unknown = judged(50, {**scores, "first": np.nan}, {**parts, "first": np.full(10, np.nan)})
    assert (unknown.leader, "first" in unknown.dropped) == ("near", True)


def test_every_part_of_the_order_has_its_share_of_each_class():
    classes = np.array(["few"] * 20 + ["many"] * 180)
    order = shuffled(classes, 0)
    assert sorted(order) == list(range(200))
    for size in (50, 100):
        assert abs((classes[order[:size]] == "few").sum() - size / 10) <= 1
    assert shuffled(classes, 0).tolist() == order.tolist() != shuffled(classes, 1).tolist()


def test_sizes_double():
    assert sizes(400, 50) == [50, 100, 200, 400]
    assert sizes(130, 50) == [50, 100, 130]
    assert sizes(30, 50) == [30]


def test_a_race_finds_the_best_for_fewer_passes():
    labels = np.arange(240) % 4
    hub = noisy_hub(labels, [1.2, 0.8, 3, 4, 5, 6])
    seen = []
    found = raced(hub, labels, seen)
    assert found.ended == "one model was left"
    assert found.rounds[-1].leader == "m1"
    assert found.passes == sum(len(names) * len(places) for names, places, _ in seen)
    assert found.passes < 0.5 * 240 * 6
    for before, after in itertools.pairwise(found.rounds):
        assert set(after.models) == set(before.models) - set(before.dropped)
    places = np.concatenate([part for _, part, _ in seen])
    rows = next(iter(found.features.values()))
    np.testing.assert_array_equal(rows.labels, labels[places])
    np.testing.assert_array_equal(rows.features, hub[next(iter(found.features))][places])
    assert raced(hub, labels).to_dict() == found.to_dict()


def test_equal_models_race_to_the_end():
    labels = np.arange(120) % 4
    twins = noisy_hub(labels, [1])
    twins["twin"] = twins["m0"]
    found = raced(twins, labels)
    assert (found.ended, found.passes) == ("all samples were seen", 240)


def test_a_race_ends_when_the_time_is_over_and_knows_the_first_round():
    labels = np.arange(400) % 4
    found = raced(noisy_hub(labels, [1, 1.01]), labels, seconds=1e-9)
    assert (found.ended, len(found.rounds)) == ("the time was over", 1)
    assert found.passes == 2 * 50


def test_many_classes_start_with_two_of_each():
    labels = np.arange(240) % 60
    found = raced(noisy_hub(labels, [1, 1.01]), labels, seconds=1e-9)
    assert found.rounds[0].samples == 120


def test_a_model_that_cannot_be_scored_is_out_where_that_is_allowed():
    labels = np.arange(50) % 4
    hub = noisy_hub(labels, [1, 1.05])
    hub["m1"][:] = np.nan
    told = {}
    found = raced(hub, labels, failed=lambda model, why: told.update({model: str(why)}))
    assert (set(found.features), list(told)) == ({"m0"}, ["m1"])
    assert "m1" in told["m1"]
    with pytest.raises(InputError, match="m1"):
        raced(hub, labels)


def test_a_model_without_features_is_out_and_none_is_an_error():
    labels = np.arange(100) % 4
    hub = noisy_hub(labels, [1, 1.05])

    def of(names, places, seen):
        there = [m for m in names if m != "m1"]
        return {m: FeatureSet(hub[m][places], labels=labels[places]) for m in there}

    found = race(["m0", "m1"], of, labels, "classification", "knn")
    assert set(found.features) == {"m0"}
    with pytest.raises(InputError, match="none could be run"):
        race(["m0"], lambda *_: {}, labels, "classification", "knn")
