"""Agreement over datasets, the controls, and published numbers."""

import csv
import json
import math
from itertools import permutations
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from scipy import stats

from disco_jax import compare
from disco_jax.comparison.accuracies import Accuracies
from disco_jax.comparison.controls import (
    agreement_over_datasets,
    averaged,
    random_order,
    static_order,
)
from disco_jax.comparison.measures import agreement, kendall, weighted_tau

CORRELATIONS = ["tau_w", "kendall", "spearman", "pearson"]


def test_means_are_over_the_datasets_where_defined():
    accuracies = {"a": {"m": 1.0, "n": 2.0}, "b": {"n": 3.0, "m": 5.0}, "c": {"m": 0.0, "n": 1.0}}
    scores = {"b": {"m": 0.5, "n": 0.1}, "a": {"n": 4.0, "m": 4.0}}
    found = agreement_over_datasets(scores, accuracies)
    assert list(found.datasets) == ["b", "a"]
    assert found.datasets["a"] == agreement([4, 4], [1, 2])
    assert (found.mean["tau_w"], found.defined["tau_w"]) == (1.0, 1)
    assert (found.mean["regret"], found.defined["regret"]) == (0.25, 2)
    assert (found.mean["rel_at_3"], found.defined["rel_at_3"]) == (None, 0)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"z": {"m": 1.0, "n": 2.0}}, "dataset 'z' has no accuracies; there are some for 'a'"),
        ({"a": {"m": 1.0}}, "model 'n' has an accuracy on dataset 'a' but no score"),
        ({"a": {"m": 1.0, "n": 1.0, "o": 1.0}}, "model 'o' has a score .* but no accuracy"),
        ({"a": {"m": 1.0, "n": math.nan}}, "model 'n' on dataset 'a' is undefined"),
        ({"a": {"m": None, "n": 1.0}}, "model 'm' on dataset 'a' is undefined"),
        ({}, "no dataset to compare on"),
    ],
)
def test_hubs_that_do_not_match_are_refused(scores, message):
    with pytest.raises(ValueError, match=message):
        agreement_over_datasets(scores, {"a": {"m": 1.0, "n": 2.0}})


# Controls


def test_static_order_leaves_the_dataset_out():
    table = {"a": {"m": 1.0, "n": 9.0}, "b": {"m": 2.0, "n": 8.0}, "c": {"m": 6.0, "n": 0.0}}
    found = static_order(table)
    assert found["a"] == {"m": 4.0, "n": 4.0}
    assert found["c"] == {"m": 1.5, "n": 8.5}
    assert static_order({"a": table["a"]}) is None
    with pytest.raises(ValueError, match=r"'n' is not on every dataset .*'b'"):
        static_order({"a": table["a"], "b": {"m": 2.0}})


def test_random_order_is_deterministic_and_expects_nothing():
    accuracies = np.random.default_rng(0).normal(size=11) + 5
    found = random_order(accuracies)
    assert found == random_order(accuracies[::-1])
    assert list(found) == list(agreement([], []))
    assert [found[name] for name in CORRELATIONS] == [0.0] * 4
    assert not any(math.copysign(1, found[name]) < 0 for name in CORRELATIONS)  # prints no "-0.0"
    assert found["regret"] == pytest.approx(accuracies.max() - accuracies.mean())
    assert found["recall_at_3"] == pytest.approx(3 / 11)
    assert set(random_order([1.0]).values()) == {None}


def test_random_order_is_the_mean_over_all_orders():
    y = [1.0, 2.0, 2.0, 4.0, 5.0]
    every = averaged({str(order): agreement(order, y) for order in permutations(range(5))}).mean
    found = random_order(y, permutations=200)
    for name in found.keys() - {"tau_w"}:
        assert found[name] == pytest.approx(every[name], abs=1e-12)
    # The accuracies tie: only here draws are needed. They spread by 0.1 within a set of four.
    assert found["tau_w"] == pytest.approx(every["tau_w"], abs=0.03)


def test_compare_puts_the_controls_beside_every_metric():
    generator = np.random.default_rng(1)
    models = [f"m{i}" for i in range(6)]
    table = Accuracies(
        {d: dict(zip(models, generator.normal(size=6) + 9, strict=True)) for d in "abc"},
        params={model: float(i) for i, model in enumerate(models)},
        source_accuracy={model: float(-i) for i, model in enumerate(models)},
    )
    scores = {"disco": {d: table.datasets[d] for d in "ab"}, "knn": {d: table.params for d in "ab"}}
    found = compare(scores, table)
    assert list(found.agreement) == ["disco", "knn"]
    assert list(found.controls) == ["static", "source_accuracy", "params", "random"]
    assert all(list(row.datasets) == ["a", "b"] for row in found.controls.values())
    assert found.agreement["disco"].mean["tau_w"] == 1.0
    assert found.controls["params"] == found.agreement["knn"]
    static = [table.datasets["b"][m] + table.datasets["c"][m] for m in models]
    truth = list(table.datasets["a"].values())
    assert found.controls["static"].datasets["a"]["kendall"] == kendall(static, truth)
    assert found == compare(scores, table)

    alone = compare({"disco": {"a": table.params}}, Accuracies({"a": table.datasets["a"]}))
    assert list(alone.controls) == ["random"]
    with pytest.raises(ValueError, match=r"'knn' is not on the same datasets .*'b'"):
        compare(scores | {"knn": {"a": table.params}}, table)
    with pytest.raises(ValueError, match="'z' has no accuracies; there are some for 'a', 'b', 'c'"):
        compare({"disco": {"z": table.params}}, table)
    with pytest.raises(ValueError, match="at least one metric"):
        compare({}, table)


# Published numbers; the files stay outside the repository

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"no {REFERENCE}")


def benchmark(name):
    return json.loads((REFERENCE / f"benchmark_{name}.json").read_text())


@needs_reference
def test_source_accuracy_on_the_supervised_hub():
    check = json.loads((REFERENCE / "weightedtau_check.json").read_text())
    table = Accuracies(benchmark("supervised")["accuracy"], source_accuracy=check["imagenet_top1"])
    found = compare({"disco": table.datasets}, table).controls["source_accuracy"]
    for dataset, expected in check["tau"].items():
        assert found.datasets[dataset]["tau_w"] == pytest.approx(expected, abs=0.51e-4)
    models = table.source_accuracy
    for ranked_by, key in [
        ("both", "rank=True (default)"),
        ("scores", "rank=None"),
    ]:
        taus = [
            weighted_tau([*models.values()], [row[m] for m in models], ranked_by=ranked_by)
            for row in table.datasets.values()
        ]
        assert fmean(taus) == pytest.approx(check["mean_by_rank_argument"][key], abs=0.51e-4)
    assert found.mean["tau_w"] == pytest.approx(0.6543, abs=0.51e-4)


@needs_reference
@pytest.mark.parametrize(
    ("hub", "expected"), [("supervised", 0.837), ("selfsup", 0.701), ("vit", 0.741)]
)
def test_static_order_on_the_published_hubs(hub, expected):
    content = benchmark(hub)
    models = content.get("hub10", content.get("models"))  # the usual ten of the ViTs
    table = {d: {m: row[m] for m in models} for d, row in content["accuracy"].items()}
    found = compare({"disco": table}, Accuracies(table)).controls["static"]
    assert found.mean["tau_w"] == pytest.approx(expected, abs=0.51e-3)
    assert found.defined["tau_w"] == 11


def model_spider_scores():
    """{metric: {dataset: {model: score}}} of the table that Model Spider's authors published."""
    found = {}
    path = REFERENCE / "tables" / "modelspider_baseline_results.csv"
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            dataset, model = row.pop("Dataset"), row.pop("Model")
            for metric, score in row.items():
                found.setdefault(metric, {}).setdefault(dataset, {})[model] = float(score)
    return found


@needs_reference
def test_published_scores_against_the_supervised_table():
    accuracy = benchmark("supervised")["accuracy"] | {}
    accuracy["pet"] = accuracy["pets"]
    published = model_spider_scores()
    table = {
        dataset: {model: accuracy[dataset.lower()][model] for model in scores}
        for dataset, scores in published["LogME"].items()
    }
    found = compare(published, Accuracies(table)).agreement
    assert len(found) == 9
    for metric, datasets in published.items():
        for dataset, scores in datasets.items():
            truth = [table[dataset][model] for model in scores]
            expected = stats.weightedtau([*scores.values()], truth)[0]
            assert found[metric].datasets[dataset]["tau_w"] == pytest.approx(expected, abs=1e-13)
    # SciPy's values; nobody published them (the paper has its own accuracies, see below).
    means = {metric: round(row.mean["tau_w"], 3) for metric, row in found.items()}
    assert means == {
        "H-Score": 0.631,
        "LEEP": 0.522,
        "LogME": 0.508,
        "NCE": 0.455,
        "NLEEP": 0.634,
        "OTCE": 0.510,
        "PACTranDirichlet": 0.701,
        "GBC": 0.400,
        "LFC": 0.207,
    }


# Model Spider (NeurIPS 2023, arXiv 2306.03900): the fine-tuning accuracies of its repository
# (learnware/learnware_info.py), models in the order of the table of scores, and the weighted tau it
# printed. These are ranked by the accuracies alone, not SciPy's default, which is the mean of both.
SPIDER_ACCURACIES = {
    "Aircraft": [82.7, 88.8, 86.6, 85.6, 85.3, 85.4, 84.5, 84.6, 82.8, 72.8],
    "Caltech101": [91.7, 94.3, 91.8, 93.1, 93.2, 91.9, 92.5, 93.4, 89.1, 91.5],
    "Cars": [91.0, 92.3, 91.7, 91.7, 92.0, 91.5, 91.5, 91.0, 91.0, 88.5],
    "CIFAR10": [96.2, 97.5, 96.8, 97.7, 97.9, 97.2, 97.4, 97.4, 95.7, 96.8],
    "CIFAR100": [83.2, 86.6, 84.5, 87.0, 87.6, 84.8, 85.0, 86.0, 80.8, 83.9],
    "DTD": [73.6, 77.2, 75.2, 76.2, 75.4, 74.9, 74.8, 74.5, 72.9, 72.8],
    "Pet": [91.9, 93.5, 92.5, 94.0, 94.5, 92.9, 93.1, 92.8, 90.5, 89.4],
    "SUN397": [62.0, 65.7, 64.7, 64.8, 66.0, 62.3, 63.0, 64.7, 60.5, 60.7],
}
SPIDER_TAUS = {
    "H-Score": [0.328, 0.738, 0.616, 0.797, 0.784, 0.395, 0.610, 0.918],
    "NCE": [0.501, 0.752, 0.771, 0.694, 0.617, 0.403, 0.696, 0.892],
    "LEEP": [0.244, 0.014, 0.704, 0.601, 0.620, -0.111, 0.680, 0.509],
    "NLEEP": [-0.725, 0.599, 0.622, 0.768, 0.776, 0.074, 0.787, 0.730],
    "LogME": [0.540, 0.666, 0.677, 0.802, 0.798, 0.429, 0.628, 0.870],
    "PACTranDirichlet": [0.031, 0.200, 0.665, 0.717, 0.620, -0.236, 0.616, 0.565],
    "OTCE": [-0.241, -0.011, -0.157, 0.569, 0.573, -0.165, 0.402, 0.218],
    "LFC": [0.279, -0.165, 0.243, 0.346, 0.418, -0.722, 0.215, -0.344],
    "GBC": [-0.744, -0.055, -0.265, 0.758, 0.544, -0.102, 0.163, 0.457],
}
# Printed from other scores than the published ones (we find 0.221, -0.766 and 0.552).
SPIDER_ELSEWHERE = {("LEEP", "Aircraft"), ("NLEEP", "Aircraft"), ("LogME", "Aircraft")}


@needs_reference
def test_published_scores_give_the_published_taus():
    scores = model_spider_scores()
    for metric, printed in SPIDER_TAUS.items():
        for (dataset, truth), expected in zip(SPIDER_ACCURACIES.items(), printed, strict=True):
            of_models = list(scores[metric][dataset].values())
            found = weighted_tau(of_models, truth, ranked_by="accuracies")
            near = abs(found - expected) < 0.51e-3
            assert near == ((metric, dataset) not in SPIDER_ELSEWHERE), (metric, dataset, found)
