"""Metric specs: what they mean, and what is refused with the nearest that would do."""

import pytest

from disco_jax.metrics.metric import needs, options
from disco_jax.metrics.specs import Spec, SpecError, default, is_all, parse
from disco_jax.metrics.table import DEFAULT, METRICS
from disco_jax.scoring.plan import ALL, plan_of


def one(text, task="classification"):
    (spec,) = parse(text, task)
    return spec


def test_options_have_the_types_of_their_defaults():
    assert one("gbc:covariance=diagonal:pca=64") == Spec(
        "gbc:covariance=diagonal:pca=64", "gbc", (("covariance", "diagonal"),), 64
    )
    assert one("disco:leave_one_out=true:shrinkage=0.5:groups=4").options == (
        ("groups", 4),
        ("leave_one_out", True),
        ("shrinkage", 0.5),
    )


def test_lists():
    assert [spec.text for spec in parse("disco, knn:k=3,disco", "classification")] == [
        "disco",
        "knn:k=3",
    ]
    assert parse(["knn"], "regression") == parse("knn", "regression")
    assert parse("all,knn:k=1,logme", "regression") == (*parse("all", "regression"), one("knn:k=1"))
    assert is_all("knn:k=1, all") and not is_all("knn")
    everything = {spec.name for spec in parse("all", "regression")}
    assert everything == {name for name in METRICS if "regression" in METRICS[name].tasks}


@pytest.mark.parametrize("task", ["classification", "regression", "detection"])
def test_defaults_are_those_of_the_task(task):
    found = default(task)
    assert [spec.text for spec in found] == [
        text for text in DEFAULT if task in METRICS[text.split(":")[0]].tasks
    ]
    assert found[0] == parse("disco:mode=tuned", task)[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dicso", "did you mean disco"),
        ("KNN", "did you mean knn"),
        ("zzz", "use one of disco"),
        ("", "'' is unknown"),
        ("knn:neighbours=3", "option 'neighbours' is unknown; use one of k, metric, pca"),
        ("knn:metrics=cosine", "did you mean metric"),
        ("knn:k", "option k has no value; write k="),
        ("knn:k=", "option k has no value"),
        ("knn:k=three", "k=three; give a whole number"),
        ("gbc:pca=9999999999", "give a whole number below"),
        ("knn:k=3:k=4", "given twice"),
        ("disco:leave_one_out=perhaps", "give true or false"),
        ("disco:shrinkage=much", "give a number"),
        ("gbc:pca=0", "pca=0; give the number of components"),
        ("ncti:components=0", "components=0; give the number of components"),
    ],
)
def test_refusals(text, told):
    with pytest.raises(SpecError, match=told):
        parse(text, "classification")


def test_ped_is_a_view_for_another_metric():
    assert one("ped") == Spec("ped", "logme", (), None, 0.6)
    assert one("ped:base=gbc:q=0.3:covariance=diagonal:pca=8") == Spec(
        "ped:base=gbc:q=0.3:covariance=diagonal:pca=8", "gbc", (("covariance", "diagonal"),), 8, 0.3
    )
    for text in (
        "ped:base=ped",
        "ped:q=-1",
        "ped:q=nan",
        "ped:base",
        "ped:q=1:q=2",
        "ped:base=nothing",
        "ped:zzz=1",
    ):
        with pytest.raises(SpecError):
            one(text)
    plan = plan_of(parse("ped,gbc", "classification"), "classification", 3)
    assert plan.inputs == {"features", "labels", "source_features"}


def test_another_task():
    with pytest.raises(SpecError, match="gbc scores classification, not regression; use one of"):
        parse("gbc", "regression")


def test_demands():
    plan = plan_of(
        parse("disco:components=32,logme,gbc,gbc:pca=16", "classification"), "classification", 3
    )
    assert [each.components for each in plan.wanted] == [32, ALL, 0, 16]
    assert plan.inputs == {"features", "labels"}
    assert set(plan.wanted[0].factors) == {"spectrum", "labels"}
    boxes = plan_of(parse("disco", "detection"), "detection", 3)
    assert boxes.inputs == {"features", "labels", "boxes"}


def test_every_row_can_be_planned_and_is_described():
    known = {"features", "labels", "targets", "logits", "moments", "spectrum"}
    known |= {"source_features", "source_labels"}
    for name, metric in METRICS.items():
        assert metric.cost and metric.citation and metric.scale and metric.published, name
        for kernel in metric.kernels.values():
            assert set(needs(kernel)) <= known, name
            assert all(value is not None for value in options(kernel).values()), name
