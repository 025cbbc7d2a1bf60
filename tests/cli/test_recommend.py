"""`recommend`, and `--history` of `score`, `rank` and `report`, on the command line."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from disco_jax.demo import HUB
from disco_jax.features import FeatureSet, read_features, write_features
from disco_jax.results import EXPECTED

from ..command_line import refused


@pytest.fixture
def past(tmp_path):
    """Two kinds of models on five tasks, in a file; c is like none of them."""
    rng = np.random.default_rng(5)
    kinds = rng.uniform(0.4, 0.8, size=(2, 5))
    rows = {"a": kinds[0], "a2": kinds[0] - 0.01, "b": kinds[1], "b2": kinds[1] + 0.01}
    rows["c"] = rng.uniform(0.1, 0.9, size=5)
    lines = [",".join([name, *(f"{v:.4f}" for v in row)]) for name, row in rows.items()]
    path = tmp_path / "history.csv"
    path.write_text("\n".join(["model,t0,t1,t2,t3,t4", *lines]) + "\n", encoding="utf-8")
    return path


def test_evaluate_in_every_format(run, past):
    asked = ("recommend", "--history", past, "--evaluate", "--method", "static,factors,two-phase")
    code, out, err = run(*asked, "--format", "json")
    methods = json.loads(out)["methods"]
    assert (code, err) == (0, "")
    assert list(methods) == ["static", "factors", "two-phase"]
    for found in methods.values():
        low, high = found["interval"]
        assert low <= found["tau_w"] <= high
        assert 0 <= found["regret_at_3"] <= found["regret_at_1"]
    assert [found["looked"] for found in methods.values()] == [0, 0, 2]
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv")[1])))
    assert [float(row["tau_w"]) for row in rows] == [each["tau_w"] for each in methods.values()]
    lines = run(*asked)[1].splitlines()
    assert lines[0].split()[:2] == ["method", "tau_w"]
    assert lines[-1].startswith("two-phase: ")
    assert "the static order on this history" in lines[-1]


@pytest.mark.parametrize("method", ["static", "factors", "two-phase"])
def test_a_task_that_was_left_out(run, past, method):
    asked = ("recommend", "--history", past, "--task", "t2", "--method", method)
    found = json.loads(run(*asked, "--format", "json")[1])
    assert sorted(found["ranking"]) == ["a", "a2", "b", "b2", "c"]
    assert list(found["expected"]) == found["ranking"]
    for model, (low, high) in found["intervals"].items():
        assert low <= found["expected"][model] <= high
    assert found["looked"] == (["a", "b2"] if method == "two-phase" else [])
    lines = run(*asked)[1].splitlines()
    assert [line.split()[0] for line in lines[1:6]] == found["ranking"]


def test_what_drove_it_is_said_where_asked(run, past):
    asked = ("recommend", "--history", past, "--task", "t2", "--method", "two-phase", "--explain")
    why = json.loads(run(*asked, "--format", "json")[1])["why"]
    rows = {line.split(",")[0]: line.split(",")[1:] for line in past.read_text().split()[1:]}
    values = {model: np.delete(np.array(row, float), 2) for model, row in rows.items()}
    mean = np.mean(list(values.values()))
    for model, found in why.items():
        assert found["record"] == pytest.approx(values[model].mean() - mean, abs=1e-6)
        assert found["tasks"] == 4
    assert (why["a"]["twins"], why["b2"]["twins"], why["c"]["twins"]) == (["a2"], ["b"], [])
    assert (why["a2"]["through"], why["b"]["through"]) == ("a", "b2")
    assert "through" not in why["c"]
    lines = run(*asked)[1].splitlines()
    assert lines[0].split()[-4:] == ["record", "tasks", "twins", "through"]


def test_a_new_task_is_looked_at_through_features(run, past, folder):
    (folder / "b.safetensors").rename(folder / "b2.safetensors")
    asked = ("recommend", "--history", past, "--method", "two-phase")
    code, out, _ = run(*asked, "--features", folder, "--format", "json")
    assert code == 0
    assert json.loads(out)["looked"] == ["a", "b2"]
    refused(run(*asked), "two-phase looks at a, b2 on the new task")
    (folder / "a.safetensors").unlink()
    refused(run(*asked, "--features", folder), "no features of a")
    refused(run(*asked, "--features", folder / "none"), "cannot be read")


@pytest.mark.parametrize("method", ["nearest-tasks", "fennec"])
def test_a_proxy_says_which_tasks_are_alike(run, past, tmp_path, method):
    proxy = tmp_path / "proxy"
    rng = np.random.default_rng(9)
    for t in range(6):
        features = FeatureSet(rng.normal(size=(12, 4)) + t % 2, labels=np.arange(12) % 2)
        write_features(features, proxy / f"t{t}.safetensors")
    asked = ("recommend", "--history", past, "--method", method)
    for task in ("t2", "t5"):  # one of the history, and a new one
        code, out, err = run(*asked, "--task", task, "--proxy", proxy, "--format", "json")
        assert (code, len(json.loads(out)["ranking"])) == (0, 5), err
    code, out, _ = run(*asked, "--evaluate", "--proxy", proxy, "--format", "json")
    assert (code, list(json.loads(out)["methods"])) == (0, [method])
    refused(run(*asked, "--task", "t2"), "give a folder with a proxy's features of each task")
    refused(run(*asked, "--task", "t6", "--proxy", proxy), "no features of t6")
    wide = FeatureSet(rng.normal(size=(12, 5)), labels=np.arange(12) % 2)
    write_features(wide, proxy / "t6.safetensors")
    refused(run(*asked, "--task", "t6", "--proxy", proxy), "take one network for all tasks")


def test_fennec_reads_what_networks_of_a_hub_are(run, past, tmp_path):
    names = dict(zip(["a", "a2", "b", "b2"], ("digits_large", "digits_small") * 2, strict=True))
    models = "".join(f'[[models]]\nname="{a}"\nweights="nets/{b}.npz"\n' for a, b in names.items())
    (tmp_path / "hub.toml").write_text(models, encoding="utf-8")
    (tmp_path / "nets").symlink_to(HUB.with_name("nets"))
    for t in range(6):
        features = FeatureSet(np.random.default_rng(t).normal(size=(12, 4)))
        write_features(features, tmp_path / "proxy" / f"t{t}.npz")
    asked = ["recommend", "--history", past, "--method", "fennec", "--proxy", tmp_path / "proxy"]
    asked += ["--task", "t5", "--format", "json"]
    alone, known = (
        json.loads(run(*asked, *more)[1]) for more in ([], ["--hub", tmp_path / "hub.toml"])
    )
    moved = {m for m in alone["expected"] if alone["expected"][m] != known["expected"][m]}
    assert moved == set(names)


def test_score_and_report_with_a_history(run, past, folder, tmp_path):
    out = tmp_path / "scores.json"
    code, printed, err = run("score", folder, "--history", past, "--out", out, "--format", "json")
    table = json.loads(printed)
    assert (code, err) == (0, "")
    assert json.loads(out.read_text("utf-8")) == table
    assert table["metrics"][0] == EXPECTED
    assert set(table["scores"]["a"]) == set(table["metrics"])
    lines = run("score", folder, "--history", past)[1].splitlines()
    assert lines[0].split()[1] == EXPECTED
    assert f"by {EXPECTED}" in lines[-1]

    plain = tmp_path / "plain.json"
    assert run("score", folder, "--out", plain)[0] == 0
    page = tmp_path / "page.html"
    assert run("report", plain, "--history", past, "--out", page)[0] == 0
    text = page.read_text("utf-8")
    assert f"ranks first of 3 models by {EXPECTED}" in text
    assert "90 % interval of the accuracy" in text


ONE_TASK = "model,t0\na,0.5\nb,0.6\nc,0.7\n"


@pytest.mark.parametrize(
    ("text", "asked", "says"),
    [
        ("", (), "file: empty"),
        ("model,t0\n", (), "a header but no line of data"),
        ("model,t0,t1\na,0.5,0.6\n", (), "only 'a' has accuracies"),
        ("model,t0,t1\na,0.5,good\nb,0.5,0.6\n", (), "line 2: has 'good' as 't1'"),
        ("model,t0,t1\na,0.5,60\nb,0.5,70\n", (), "'t0' has fractions and 't1' percentages"),
        ("model,t0,t1\na,0.5,0.6\na,0.5,0.6\n", (), "'a'"),
        (ONE_TASK, ("--evaluate",), "give two such tasks or more"),
        (ONE_TASK, ("--method", "best"), "there is no 'best'"),
        (ONE_TASK, ("--method", "static,factors"), "choose one, or add --evaluate"),
        (ONE_TASK, ("--task", "t1"), "there is no 't1'; choose among t0"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run, tmp_path, text, asked, says):
    path = tmp_path / "h.csv"
    path.write_text(text, encoding="utf-8")
    refused(run("recommend", "--history", path, *asked), says)


def test_a_history_of_other_models_scores_nothing(run, folder, tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("model,t0,t1\nx,0.5,0.6\ny,0.4,0.6\n", encoding="utf-8")
    refused(run("score", folder, "--history", path), "knows none of the models")


def test_a_model_without_a_record_takes_that_of_its_like(run, folder, tmp_path):
    """c is new and named like c1 and c2, of which c1 has learnt from other data."""
    past, asked = tmp_path / "past.csv", ("score", folder, "--metrics", "disco", "--format", "json")
    scores = json.loads(run(*asked)[1])["scores"]
    good = {name: row["disco"] for name, row in scores.items()}
    top = max(good.values())
    values = {"a": good["a"], "b": good["b"], "c1": 0.0, "c2": good["c"], "d": top / 2}
    source = {"c1": "birds", "c2": "ImageNet"}
    lines = ["model,t0,t1,t2,source_data"]
    for name, value in values.items():
        cells = [f"{0.4 + 0.2 * value / top + 0.05 * t:.4f}" for t in range(3)]
        lines.append(",".join([name, *cells, source.get(name, "")]))
    past.write_text("\n".join(lines) + "\n", encoding="utf-8")
    says = "c: no record in the history; counts as the mean of {} like {} and an average model"
    table = json.loads(run(*asked, "--history", past)[1])
    assert table["warnings"][0] == says.format(2, "c1")
    ends = table["intervals"][EXPECTED]["models"]
    width = {name: high - low for name, (low, high) in ends.items()}
    assert width["a"] == pytest.approx(width["b"], rel=1e-5)
    assert width["c"] > 1.01 * width["a"]
    path = folder / "c.safetensors"
    write_features(replace(read_features(path), provenance={"source_data": "ImageNet"}), path)
    table = json.loads(run(*asked, "--history", past)[1])
    assert table["warnings"][0] == says.format(1, "c2")
