"""Records and scores together, against the formula, and what the table then says."""

import json

import numpy as np
import pytest

from disco_jax.comparison import weighted_tau
from disco_jax.errors import InputError
from disco_jax.recommendation import recalled, with_history
from disco_jax.results import EXPECTED, ScoreTable, plain, read_table

from .test_methods import history, table

BOTH = ("disco:mode=tuned", "ridge_loo")


def scored(columns, names=None, **parts):
    """A table of scores, a column per metric."""
    count = len(next(iter(columns.values())))
    names = [f"m{i}" for i in range(count)] if names is None else names
    rows = {
        name: {spec: plain(values[i]) for spec, values in columns.items()}
        for i, name in enumerate(names)
    }
    return ScoreTable("classification", tuple(columns), rows, **parts)


def z(values):
    return (values - values.mean()) / values.std()


def formula(values, columns):
    """What is expected of the models, and half the width of the interval."""
    effect, level = values.mean(1) - values.mean(), values.mean(0)
    worth = []
    for t in range(values.shape[1]):
        worth.append(np.corrcoef(np.delete(values, t, 1).mean(1), values[:, t])[0, 1])
    record, scores = z(effect), z(sum(z(column) for column in columns))
    c = np.mean(record * scores)
    p = max(min(np.mean(worth), c), 0)
    w = p**2 / (p**2 + 0.36)
    r = min((w * p + (1 - w) * 0.6) / np.sqrt(w**2 + (1 - w) ** 2 + 2 * w * (1 - w) * c), 1)
    spread, tasks = values.std(0).mean(), len(level)
    student = {6: 2.0150484}[tasks]
    half = student * np.sqrt(level.var(ddof=1) * (1 + 1 / tasks) + (1 - r**2) * spread**2)
    return level.mean() + r * spread * z(w * record + (1 - w) * scores), half


@pytest.mark.parametrize("special", [0.01, 0.08])
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_expected_follows_the_formula(special, seed):
    values = table(special=special)
    rng = np.random.default_rng(seed)
    columns = {
        spec: (values.mean(1) + 0.1 * rng.normal(size=9)).astype(np.float32) for spec in BOTH
    }
    found = with_history(scored(columns), history(values))
    expected, half = formula(values, list(columns.values()))
    for i, (low, high) in enumerate(found.intervals[EXPECTED]["models"].values()):
        assert found.scores[f"m{i}"][EXPECTED] == pytest.approx(min(expected[i], 1), rel=1e-5)
        assert low == pytest.approx(max(expected[i] - half, 0), abs=1e-5)
        assert high == pytest.approx(min(expected[i] + half, 1), rel=1e-5)


def test_records_that_the_scores_contradict_do_not_count():
    values = table(special=0.01)
    scores = {BOTH[0]: -values.mean(1), "knn": values.mean(1)}
    found = with_history(scored(scores), history(values))
    assert found.ranking(EXPECTED) == found.ranking(BOTH[0])
    assert found.provenance[EXPECTED] == "record of the models 0%, disco:mode=tuned the rest"


def test_together_they_predict_better_than_each_alone():
    """On tasks that have a part that records know and one that scores see."""
    tau = {"record": [], "scores": [], EXPECTED: []}
    for seed in range(20):
        rng = np.random.default_rng(100 + seed)
        values = table(30, 6, special=0.08, seed=seed)
        truth, past = values[:, 5], values[:, :5]
        score = truth + 0.15 * rng.normal(size=30)  # correlated by 0.6, as in the study
        found = with_history(scored({BOTH[0]: score}), history(past))
        columns = {"record": past.mean(1), "scores": score}
        columns[EXPECTED] = [found.scores[f"m{i}"][EXPECTED] for i in range(30)]
        for name, column in columns.items():
            tau[name].append(weighted_tau(column, truth))
    means = {name: np.mean(each) for name, each in tau.items()}
    assert means[EXPECTED] > max(means["record"], means["scores"]) + 0.03


def test_a_model_without_a_record_takes_that_of_its_like():
    values = table(4, 6)
    names = ["resnet18", "resnet50_a1", "vit_b", "ResNet-101", "mixer"]
    past = history(values)._replace(models=("resnet18", "resnet50_a1", "vit_b", "vit_l"))
    found = with_history(scored({BOTH[0]: np.arange(5.0)}, names), past)
    effect = values.mean(1) - values.mean()
    like = [effect[0], effect[1], effect[2], effect[:2].sum() / 3, 0]
    record = [found.terms[name][EXPECTED]["record"] for name in names]
    np.testing.assert_allclose(record, z(np.array(like)), rtol=1e-5, atol=1e-6)
    counts = "no record in the history; counts as"
    assert found.warnings == (
        f"ResNet-101: {counts} the mean of 2 like resnet18 and an average model",
        f"mixer: {counts} an average model, none is like it",
    )


SOURCES = {"net1": "ImageNet", "net2": "imagenet", "net3": "birds", "other1": "ImageNet"}
NAMES = ["net1", "net2", "net3", "net4", "other1", "other2"]


def taken(effect, new, known):
    """The record of a model by those of others, model by model."""
    total, count = 0.0, 1
    for name, value in effect.items():
        data = {known[each].lower() for each in (name, new) if each in known}
        if name.rstrip("0123456789") == new.rstrip("0123456789") and len(data) < 2:
            total, count = total + value, count + 1
    return total / count


@pytest.mark.parametrize("said", ["by the features", "by the history", "not"])
def test_source_data_say_who_is_like_whom_where_they_are_known(said):
    values = table(6, 6)
    past = history(values)._replace(models=tuple(NAMES))
    known = {**SOURCES, "net9": "ImageNet", "net8": "birds"} if said != "not" else {}
    about = {name: {"provenance": {"source_data": text}} for name, text in known.items()}
    if said == "by the history":
        past, about = past._replace(source_data=known), {}
    effect = dict(zip(NAMES, values.mean(1) - values.mean(), strict=True))
    names = [*NAMES, "net9", "net8", "net7", "mixer"]
    found = with_history(scored({BOTH[0]: np.arange(10.0)}, names, models=about), past)
    wanted = [effect.get(name, taken(effect, name, known)) for name in names]
    record = [found.terms[name][EXPECTED]["record"] for name in names]
    np.testing.assert_allclose(record, z(np.array(wanted)), rtol=1e-5, atol=1e-6)


def test_the_interval_is_wider_by_the_error_of_what_is_taken_for_a_record():
    values = 0.3 + table(9, 6, special=0.01) / 4  # all intervals within 0 and 1
    names = [f"a{i}" for i in range(5)] + [f"b{i}" for i in range(4)]
    past = history(values)._replace(models=tuple(names))
    effect = dict(zip(names, values.mean(1) - values.mean(), strict=True))
    shown = [*names, "a9"]
    column = np.array([*effect.values(), taken(effect, "a9", {})])
    found = with_history(scored({BOTH[0]: column}, shown), past)
    errors = []
    for name in names:
        rest = {other: value for other, value in effect.items() if other != name}
        mean = np.mean(list(rest.values()))
        rest = {other: value - mean for other, value in rest.items()}
        errors.append(effect[name] - mean - taken(rest, name, {}))
    ends = found.intervals[EXPECTED]["models"]
    own, its = ((ends[name][1] - ends[name][0]) / 2 for name in ("a2", "a9"))
    # scores that are the record itself make the mix z(record), times r and the spread on a task
    agree = 1.0
    worth = [np.corrcoef(np.delete(values, t, 1).mean(1), values[:, t])[0, 1] for t in range(6)]
    p = min(np.mean(worth), agree)
    w = p**2 / (p**2 + 0.36)
    counts = min(w * p + (1 - w) * 0.6, 1) * values.std(0).mean() * w / column.std()
    student = 2.0150484
    assert its**2 - own**2 == pytest.approx(
        student**2 * counts**2 * np.mean(np.square(errors)), rel=1e-3
    )


def test_recall_is_by_record_and_keeps_the_order():
    values = np.array([[0.5, 0.6], [0.9, 0.9], [0.7, 0.6], [0.2, 0.1]])
    past = history(values)._replace(models=("vit_s", "vit_b", "resnet18", "resnet50"))
    assert recalled(past, ["resnet50", "resnet18", "vit_b", "vit_s"], 2) == ["resnet18", "vit_b"]
    assert recalled(past, ["resnet101", "vit_l", "mixer", "vit_s"], 2) == ["vit_l", "mixer"]
    assert recalled(past, ["vit_b", "mixer"], 5) == ["vit_b", "mixer"]


def test_a_layer_has_the_record_of_its_model():
    columns = {BOTH[0]: np.arange(3.0)}
    found = with_history(scored(columns, ["m0", "m1@mid", "m1"]), history(table()))
    record = {name: row[EXPECTED]["record"] for name, row in found.terms.items()}
    assert record["m1@mid"] == record["m1"] != record["m0"]
    assert found.warnings == ()


def test_a_model_without_a_score_has_no_expected_accuracy():
    columns = {BOTH[0]: np.array([1, 2, np.nan, 4]), "knn": np.arange(4.0)}
    found = with_history(scored(columns), history(table()))
    assert found.scores["m2"] == {EXPECTED: None, BOTH[0]: None, "knn": 2}
    assert "m2" not in found.ranking()
    assert "m2" not in found.intervals[EXPECTED]["models"]


def test_without_the_best_scores_the_first_counts_and_all_else_stays():
    columns = {"knn": np.arange(9.0), "logme": -np.arange(9.0)}
    before = scored(columns, warnings=("w",), terms={"m0": {"knn": {"a": 1}}})
    found = with_history(before, history(table()))
    assert found.metrics == (EXPECTED, "knn", "logme")
    assert found.provenance[EXPECTED].endswith("%, knn the rest")
    assert found.warnings == ("w",)
    assert found.terms["m0"]["knn"] == {"a": 1}
    assert {m: {s: row[s] for s in columns} for m, row in found.scores.items()} == before.scores


def test_a_second_history_replaces_the_first_and_files_come_back(tmp_path):
    past, other = history(table()), history(table(seed=1))
    before = scored({"knn": np.arange(9.0)}, models={"m0": {"width": 3}})
    once = with_history(before, past)
    assert with_history(with_history(before, other), past) == once
    (tmp_path / "scores.json").write_text(once.to_json(), encoding="utf-8")
    assert read_table(tmp_path / "scores.json").to_json() == once.to_json()
    assert json.loads(once.to_json())["ranking"][EXPECTED] == once.ranking()


def test_one_past_task_leaves_the_scores_alone():
    found = with_history(scored({"knn": np.arange(9.0)}), history(table(9, 1)))
    assert found.ranking() == found.ranking("knn")
    assert found.intervals == {}


def test_a_history_of_other_models_is_refused():
    strange = scored({"knn": np.arange(2.0)}, ["a", "b"])
    with pytest.raises(InputError, match="knows none of the models; it knows m0"):
        with_history(strange, history(table()))
