"""`disco_jax.ensemble` against choosing with every candidate in full."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.special import softmax

import disco_jax
import disco_kernels as dk
from disco_jax import FeatureSet, InputError

from ..oracles import kernel_products as kernel_oracle
from ..oracles import leep as leep_oracle
from ..oracles import left_out_samples as left_out_oracle
from ..small_hubs import hub, samples

LABELS, TARGETS, _ = samples(n=60, classes=3)
HUB = hub(LABELS, {"a": 20, "b": 24, "c": 30, "d": 20, "e": 24})
HUB |= {"twin": HUB["a"] + np.float32(0.01) * HUB["d"]}
LOGITS = {
    name: 2 * np.eye(3, 5)[LABELS] * seed + 2 * np.random.default_rng(seed).normal(size=(60, 5))
    for seed, name in enumerate(HUB)
}
ONE_HOT = np.eye(3)[LABELS]


def greedy(value, size):
    """(chosen, values), every set in full."""
    chosen, levels = [], []
    for _ in range(size):
        left = {name: value([*chosen, name]) for name in HUB if name not in chosen}
        chosen.append(min(left, key=lambda name: (-left[name], name)))
        levels.append(left[chosen[-1]])
    return chosen, levels


def mean_log(likelihoods):
    return lambda members: np.log(np.mean([likelihoods[m] for m in members], 0)).mean()


def likelihoods(method):
    if method == "eleep":
        p = {name: softmax(z, axis=1) for name, z in LOGITS.items()}
        return {n: leep_oracle.own_probabilities(np.ones(60), x, LABELS) for n, x in p.items()}
    oracle = left_out_oracle.knn if method == "knn" else left_out_oracle.ridge
    return {n: oracle(x.astype(np.float64), LABELS, num_classes=3)[1] for n, x in HUB.items()}


def value_of(method, answers=ONE_HOT):
    if method == "kages":
        return lambda members: kernel_oracle.alignment([HUB[m] for m in members], answers)
    if method == "disco":
        together = {"num_classes": 3}
        return lambda members: float(
            dk.disco(np.concatenate([HUB[m] for m in members], 1), LABELS, **together).score
        )
    return mean_log(likelihoods(method))


def agrees(found, expected, rtol=1e-4):
    chosen, levels = expected
    assert list(found.chosen) == chosen
    np.testing.assert_allclose(np.cumsum(found.gains), levels, rtol=rtol)
    assert found.value == pytest.approx(levels[-1], rel=rtol)
    assert found.single_best == pytest.approx(levels[0], rel=rtol)


@pytest.fixture(scope="module")
def feature_sets():
    return {n: FeatureSet(x, labels=LABELS, logits=LOGITS[n]) for n, x in HUB.items()}


@pytest.fixture(scope="module")
def found(feature_sets):
    """{method: four of the six models}."""
    methods = {m: {"method": m} for m in ("kages", "logloss", "disco", "eleep")}
    methods["knn"] = {"method": "logloss", "posterior": "knn"}
    return {m: disco_jax.ensemble(feature_sets, 4, **options) for m, options in methods.items()}


@pytest.mark.parametrize("method", ["kages", "logloss", "knn", "eleep", "disco"])
def test_choice(found, method):
    oracle = "ridge" if method == "logloss" else method
    agrees(found[method], greedy(value_of(oracle), 4))


def test_regression():
    given = {n: FeatureSet(x, targets=TARGETS) for n, x in HUB.items()}
    agrees(disco_jax.ensemble(given, 3), greedy(value_of("kages", TARGETS), 3))
    joint = disco_jax.ensemble(given, 2, method="disco:mode=tuned")

    def value(members):
        together = np.concatenate([HUB[m] for m in members], 1)
        return float(dk.disco_regression(together, TARGETS, mode="tuned").score)

    agrees(joint, greedy(value, 2))


def test_twins_are_not_chosen_together(found):
    for each in found.values():
        assert not {"a", "twin"} <= set(each.chosen[:2])


@pytest.mark.parametrize("method", ["logloss", "knn", "eleep"])
def test_no_set_is_above_the_bound(found, method):
    value = mean_log(likelihoods("ridge" if method == "logloss" else method))
    best = max(value(members) for members in combinations(HUB, 4))
    assert best - 1e-5 <= found[method].bound < best + 0.5
    assert found["kages"].bound is found["disco"].bound is None


def test_of_all_models_the_bound_is_the_value(feature_sets):
    every = disco_jax.ensemble(feature_sets, 6, method="eleep")
    assert every.bound == pytest.approx(every.value)


@pytest.mark.parametrize("method", ["kages", "logloss", "disco", "eleep"])
def test_the_interval_is_that_of_leaving_each_sample_out(found, method):
    """The jackknife by its definition, with the oracles' values; chosen members stay."""
    each = found[method]
    features = {m: HUB[m].astype(np.float64) for m in each.chosen}
    p = likelihoods("ridge") if method == "logloss" else likelihoods("eleep")

    def gain(left):
        def value(members):
            if method == "kages":
                return kernel_oracle.alignment([features[m][left] for m in members], ONE_HOT[left])
            if method == "disco":
                rows = np.concatenate([features[m] for m in members], 1)
                return float(dk.disco(rows, LABELS, num_classes=3, where=left).score)
            return np.log(np.mean([p[m][left] for m in members], 0)).mean()

        return value(each.chosen) - value(each.chosen[:1])

    without = np.array([gain(np.arange(60) != i) for i in range(60)])
    error = np.sqrt(59 / 60 * np.sum((without - without.mean()) ** 2))
    low, high = each.interval
    assert (low + high) / 2 == pytest.approx(each.value - each.single_best, abs=1e-9)
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.15)


def test_overlap(found):
    chosen = found["kages"].chosen
    kernels = {m: kernel_oracle.kernel(HUB[m]) for m in chosen}
    units = {m: k / np.linalg.norm(k) for m, k in kernels.items()}
    for m in chosen:
        expected = np.mean([np.sum(units[m] * units[o]) for o in chosen if o != m])
        assert found["kages"].overlap[m] == pytest.approx(expected, rel=1e-4)


def test_pictures_are_paired_by_ids(found, feature_sets):
    ids = np.array([f"{i:03}.png" for i in range(60)])
    rng = np.random.default_rng(0)
    mixed = {}
    for name, x in HUB.items():
        order = np.arange(60) if name == "a" else rng.permutation(60)
        mixed[name] = FeatureSet(
            x[order], labels=LABELS[order], logits=LOGITS[name][order], ids=ids[order]
        )
    for method in ("kages", "eleep"):
        again = disco_jax.ensemble(mixed, 4, method=method)
        assert again.chosen == found[method].chosen
        np.testing.assert_allclose(again.gains, found[method].gains, rtol=1e-4)


def test_names_of_classes_and_scale(found, feature_sets):
    names = np.array(["z", "m", "a"])[LABELS]
    again = disco_jax.ensemble(HUB, 4, labels=names)
    assert again.chosen == found["kages"].chosen
    np.testing.assert_allclose(again.gains, found["kages"].gains, rtol=1e-5)
    again = disco_jax.ensemble({n: 8 * x for n, x in HUB.items()}, 4, labels=LABELS)
    assert again.chosen == found["kages"].chosen


def test_measured_are_only_those_that_could_win(feature_sets, monkeypatch):
    """Of 5 + 4 + 3 products with the last chosen not all, and of one's own all six."""
    calls = []
    whole = dk.kernel_product
    monkeypatch.setattr(dk, "kernel_product", lambda *a: calls.append(a) or whole(*a))
    disco_jax.ensemble({**HUB}, 2, labels=LABELS)
    widths = [a[1].shape[1] for a in calls if len(a) > 1 and a[1] is not None]
    assert sum(width == 32 for width in widths) < 5 + 5  # leading coordinates, and products


BAD = {
    "one model": ({"m": FeatureSet(HUB["a"], labels=LABELS)}, {}, "models: one is left"),
    "too many": (None, {"size": 7}, "size: 7 of 6 models; give 6 or less"),
    "none": (None, {"size": 0}, "size: 0; give 1 or more"),
    "no logits": (
        {n: FeatureSet(x, labels=LABELS) for n, x in HUB.items()},
        {"method": "eleep"},
        "a: logits: missing; save logits",
    ),
    "targets": (
        {n: FeatureSet(x, targets=TARGETS) for n, x in HUB.items()},
        {"method": "logloss"},
        "a: targets: logloss needs classes; choose kages or disco",
    ),
    "real labels": (
        {n: FeatureSet(x, labels=TARGETS[:, 0]) for n, x in HUB.items()},
        {},
        "a: labels: real-valued",
    ),
    "other ids": (
        {n: FeatureSet(x, labels=LABELS, ids=np.arange(60) + (n == "c")) for n, x in HUB.items()},
        {},
        "c: ids: not those of a",
    ),
    "ids of some": (
        {
            n: FeatureSet(x, labels=LABELS, ids=None if n == "b" else np.arange(60))
            for n, x in HUB.items()
        },
        {},
        "b: ids: missing, where a has them",
    ),
    "other labels": (
        {n: FeatureSet(x, labels=(LABELS + (n == "d")) % 3) for n, x in HUB.items()},
        {},
        "d: labels: not those of a",
    ),
    "fewer samples": (
        {n: FeatureSet(x[n == "e" :], labels=LABELS[n == "e" :]) for n, x in HUB.items()},
        {},
        "e: features: not those of a",
    ),
    "method": (None, {"method": "kage"}, "method: kage is unknown; did you mean kages?"),
    "options": (None, {"method": "kages:k=1"}, "only disco has options"),
    "posterior": (None, {"posterior": "lda"}, "posterior: lda is unknown"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_in_one_line(feature_sets, case):
    given, options, says = BAD[case]
    with pytest.raises(InputError) as why:
        disco_jax.ensemble(feature_sets if given is None else given, **options)
    assert says in str(why.value) and "\n" not in str(why.value)


def test_a_model_that_fails_is_left_out_where_asked(feature_sets):
    broken = HUB["b"].copy()
    broken[3, 4] = np.nan
    given = {**feature_sets, "b": FeatureSet(broken, labels=LABELS)}
    with pytest.raises(InputError, match="b: features: 1 of 1440 values not finite"):
        disco_jax.ensemble(given)
    assert set(disco_jax.ensemble(given, keep_going=True).failures) == {"b"}
    few = {"a": given["a"], "b": given["b"]}
    with pytest.raises(InputError, match="one is left to choose from, a; b: features"):
        disco_jax.ensemble(few, keep_going=True)


def test_as_json(found):
    told = found["logloss"].to_dict()
    assert told["value"] == pytest.approx(math.fsum(told["gains"]))
    assert told["single_best"] == max(told["single"].values())
    assert told["gain"] == pytest.approx(told["value"] - told["single_best"])
