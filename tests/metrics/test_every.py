"""Metrics that are not ours: registered in a process, or brought by an installed package."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

import disco_jax
from disco_jax import InputError, Metric, SpecError, register_metric
from disco_jax.metrics import every as table
from disco_jax.metrics import every_metric, parse
from disco_jax.metrics.table import METRICS

from ..command_line import refused
from ..small_hubs import hub, samples

LABELS, TARGETS, _ = samples(n=60, classes=3)
HUB = hub(LABELS, {"a": 20, "b": 24})

CODE = """
import jax.numpy as jnp
from disco_jax import Metric

def spread(features, *, where=None, times: int = 1):
    return times * jnp.sum(jnp.where(where[:, None], features, 0) ** 2)

ROW = Metric({"classification": spread}, scale="depends", cost="n d", citation="nobody, 2026")
NO_ROW = 3
"""


def row(kernel, task="classification", **columns):
    return Metric({task: kernel}, scale="free", cost="n", citation="here", **columns)


def total(where):
    return jnp.sum(where.astype(jnp.float32))


def rows_that_count(features, *, where, times: int = 1):
    return times * total(where) + 0 * jnp.sum(features[:0])


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(table, "_registered", {})
    return register_metric


def test_our_rows_would_be_accepted():
    for name, metric in METRICS.items():
        if not metric.is_view:
            assert table.accepted(name, metric) is metric


def test_a_registered_metric_is_scored_with_its_options(registered):
    registered("rows", row(rows_that_count))
    found = disco_jax.score(HUB, labels=LABELS, metrics="knn,rows,rows:times=3")
    assert list(found.scores["a"].values())[1:] == [60, 180]
    assert "rows" in {spec.name for spec in parse("all", "classification")}
    with pytest.raises(SpecError, match="option 'tims' is unknown; did you mean times"):
        parse("rows:tims=3", "classification")
    with pytest.raises(SpecError, match="rows scores classification, not regression"):
        parse("rows", "regression")


def test_another_kernel_by_the_name_takes_its_place(registered):
    for factor in (1.0, 2.0):
        registered("mine", row(lambda labels, *, where, factor=factor: factor * total(where)))
        assert disco_jax.score(HUB, labels=LABELS, metrics="mine").scores["a"]["mine"] == (
            60 * factor
        )


@pytest.mark.parametrize(
    ("name", "metric", "told"),
    [
        ("knn", row(rows_that_count), "metrics: knn: is a name of disco-jax; choose another"),
        ("a:b", row(rows_that_count), "is no name for a metric"),
        ("all", row(rows_that_count), "is no name for a metric"),
        ("mine", rows_that_count, "function is no row; give a disco_jax.Metric"),
        ("mine", row(rows_that_count, "ranking"), "kernels for ['ranking']"),
        ("mine", row(3), "3 is no kernel"),
        ("mine", row(lambda x, *, where=None: x), "positional parameters ['x'] are no factors"),
        ("mine", row(lambda: 0), "positional parameters [] are no factors"),
        ("mine", row(lambda features: 0), "reads rows without where"),
        ("mine", row(lambda moments, *, pca=3: 0), "pca=3 is no option"),
        ("mine", row(lambda moments, *, k=None: 0), "k=None is no option"),
        ("mine", row(rows_that_count, is_view=True), "is a view"),
    ],
)
def test_rows_that_cannot_be_one(name, metric, told, registered):
    with pytest.raises(InputError) as caught:
        registered(name, metric)
    assert told in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert table._registered == {}


@pytest.mark.parametrize(
    ("kernel", "told"),
    [
        (lambda features, *, where: features if features[0, 0] > 0 else 0, "cannot be traced"),
        (lambda features, *, where: features, "neither a number nor terms to combine"),
        (lambda features, *, where: features.nonsense, "cannot be traced, AttributeError"),
    ],
)
def test_a_kernel_that_fails_is_named(kernel, told, registered):
    registered("mine", row(kernel))
    with pytest.raises(SpecError, match="metrics: mine: ") as caught:
        disco_jax.score(HUB, labels=LABELS, metrics="mine")
    assert told in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_an_installed_metric_is_in_every_place(install, run, tmp_path):
    install("spreads", CODE, "disco_jax.metrics", {"spread": "ROW"})
    code, out, err = run("metrics", "--format", "json")
    listed = {each["metric"]: each for each in json.loads(out)["metrics"]}
    assert (code, err) == (0, "")
    assert listed["spread"]["package"] == "spreads 1.2" and listed["knn"]["package"] == ""
    assert listed["spread"]["options"] == {"times": 1}
    assert "nobody, 2026" in run("metrics")[1]
    for model, x in HUB.items():
        np.savez(tmp_path / f"{model}.npz", features=x, labels=LABELS)
    scores, page = tmp_path / "scores.json", tmp_path / "page.html"
    chosen = ("--metrics", "spread:times=2,knn", "--format", "json", "--out", scores)
    code, out, err = run("score", tmp_path, *chosen)
    assert (code, err) == (0, "")
    for model, scored in json.loads(out)["scores"].items():
        assert scored["spread:times=2"] == pytest.approx(2 * np.sum(HUB[model] ** 2), rel=1e-4)
    assert run("report", scores, "--out", page)[0] == 0
    assert "spread:" in page.read_text()


def test_ours_are_found_without_looking_at_packages(install):
    install("broken", "raise RuntimeError", "disco_jax.metrics", {"mine": "ROW"})
    parse("knn,disco", "classification")  # a warning would be an error


@pytest.mark.parametrize(
    ("code", "value", "told"),
    [
        ("raise RuntimeError('of\\ntheirs')", "ROW", "RuntimeError: of"),
        ("raise SystemExit(3)", "ROW", "SystemExit: 3"),
        ("", "ROW", "has no attribute 'ROW'"),
        (CODE, "NO_ROW", "int is no row"),
    ],
)
def test_a_broken_package_is_one_line(code, value, told, install):
    install("broken", code, "disco_jax.metrics", {"mine": value})
    with pytest.warns(UserWarning) as caught:
        assert every_metric().keys() == METRICS.keys()
    (line,) = [str(each.message) for each in caught]
    assert line.startswith("broken 1.2: disco_jax.metrics: mine cannot be used (")
    assert told in line and line.isprintable()


def test_a_broken_package_is_one_line_of_the_command(install, run, monkeypatch):
    install("broken", "raise RuntimeError", "disco_jax.metrics", {"mine": "ROW"})
    monkeypatch.setattr("warnings.filters", [("default", None, UserWarning, None, 0)])
    code, out, err = run("metrics", "--format", "csv")
    assert code == 0 and len(out.splitlines()) == 1 + len(METRICS)
    assert err.startswith("warning: broken 1.2: ") and err.count("\n") == 1


def test_names_that_are_taken(install, run):
    install("other", CODE, "disco_jax.metrics", {"knn": "ROW"})
    told = "other 1.2: disco_jax.metrics: 'knn' is a name of disco-jax; rename it there"
    refused(run("metrics"), told)


def test_two_packages_by_one_name(install, run):
    install("first", CODE, "disco_jax.metrics", {"mine": "ROW"})
    install("second", CODE, "disco_jax.metrics", {"mine": "ROW"})
    refused(run("metrics"), "'mine' is in ", " too; uninstall one of them")
