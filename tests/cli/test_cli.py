"""The command line, in this process; what is printed, what is written, how it ends."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import disco_jax
from disco_jax.features import FeatureSet
from disco_jax.features.files import read_features, write_features
from disco_jax.metrics.table import METRICS

from ..command_line import refused
from .conftest import LABELS, WIDTHS


def test_score_in_every_format(run, folder):
    code, out, err = run("score", folder, "--metrics", "knn,gbc:pca=8", "--format", "json")
    table = json.loads(out)
    assert (code, err) == (0, "")
    assert set(table["scores"]) == set(WIDTHS)
    code, out, _ = run("score", folder, "--metrics", "knn,gbc:pca=8", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["model"] for row in rows] == table["ranking"]["knn"]
    assert {row["model"]: float(row["knn"]) for row in rows} == {
        model: row["knn"] for model, row in table["scores"].items()
    }
    code, out, _ = run("score", folder, "--metrics", "knn,gbc:pca=8")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["model", "knn", "gbc:pca=8"]
    assert [line.split()[0] for line in lines[1:-1]] == table["ranking"]["knn"]


def test_out_resumes_and_leaves_nothing_behind(run, folder, tmp_path, monkeypatch):
    out = tmp_path / "results" / "scores.json"
    arguments = ("score", folder, "--metrics", "knn", "--out", out, "--format", "json")
    parts = out.with_name(".scores.json.parts")

    def killed(path, text):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("disco_jax.cli.score.write_scores", killed)
        assert run(*arguments)[0] == 130
    assert {path.stem for path in parts.iterdir()} == set(WIDTHS)
    assert not out.exists()
    (parts / "a.json").write_text("{")  # half a part is none
    computed = []
    with monkeypatch.context() as patch:
        from disco_jax.scoring import run as running

        load = running._load
        patch.setattr(running, "_load", lambda *a: computed.append(a[2]) or load(*a))
        code, first, _ = run(*arguments)
    assert (code, computed) == (0, ["a"])
    assert first == out.read_text()
    assert not parts.exists()
    assert run(*arguments)[1] == first
    assert sorted(path.name for path in out.parent.iterdir()) == ["scores.json"]


def test_two_runs_at_once(folder, tmp_path):
    out = tmp_path / "scores.json"
    code = "from disco_jax.cli import main; main()"
    command = [sys.executable, "-c", code, "score", folder, "--metrics", "knn", "--out", out]
    runs = [subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE) for _ in range(2)]
    tables = [each.communicate()[0] for each in runs]
    assert [each.returncode for each in runs] == [0, 0]
    assert tables[0] == tables[1]
    assert set(json.loads(out.read_text())["scores"]) == set(WIDTHS)
    assert [path.name for path in tmp_path.iterdir() if "scores" in path.name] == ["scores.json"]


def test_bootstrap(run, folder):
    code, out, _ = run("score", folder, "--metrics", "knn", "--bootstrap", 20, "--format", "json")
    table = json.loads(out)
    found = table["intervals"]["knn"]
    assert (code, found["resamples"]) == (0, 20)
    for model, (low, high) in found["models"].items():
        assert low <= table["scores"][model]["knn"] <= high
    assert 0 <= found["first_ahead"] <= 1
    code, out, _ = run("score", folder, "--metrics", "knn", "--bootstrap", 20)
    assert "of resamples" in out


def test_labels_from_a_file(run, folder, tmp_path):
    names = np.array(["x", "y", "z"])[LABELS]
    (tmp_path / "labels.txt").write_text("label\n" + "\n".join(names) + "\n")
    np.save(tmp_path / "labels.npy", LABELS)
    expected = run("score", folder, "--metrics", "knn", "--format", "csv")
    for file in ("labels.txt", "labels.npy"):
        arguments = ("--labels", tmp_path / file, "--metrics", "knn", "--format", "csv")
        assert run("score", folder, *arguments) == expected
    (tmp_path / "quoted.csv").write_text("".join(f'"{name}, {name}"\r\n' for name in names))
    arguments = ("--labels", tmp_path / "quoted.csv", "--metrics", "knn", "--format", "csv")
    assert run("score", folder, *arguments) == expected
    (tmp_path / "two.csv").write_text("id,label\n" + "\n".join(f"{i},x" for i in range(60)))
    refused(run("score", folder, "--labels", tmp_path / "two.csv"), "line 1 has 2 fields; give the")
    (tmp_path / "real.txt").write_text("\n".join(f"{i / 7}" for i in range(60)))
    refused(run("score", folder, "--labels", tmp_path / "real.txt"), "labels: real-valued, as 0.0")
    (tmp_path / "short.csv").write_text("1\n2\n")
    refused(run("score", folder, "--labels", tmp_path / "short.csv"), "labels: 2 rows")
    (tmp_path / "gap.csv").write_text("1\n\n2\n")
    refused(run("score", folder, "--labels", tmp_path / "gap.csv"), "label 2 is empty")
    refused(run("score", folder, "--labels", tmp_path / "no.txt"), "no.txt: labels: cannot be read")
    np.save(tmp_path / "pickled.npy", np.array([{}], object))
    refused(run("score", folder, "--labels", tmp_path / "pickled.npy"), "pickled.npy: labels")


def test_labels_for_all_are_in_one_order(run, folder, tmp_path):
    """Of features whose ids are in another order they would be somebody else's."""
    features = read_features(folder / "a.safetensors").in_memory()
    np.save(tmp_path / "labels.npy", LABELS)
    arguments = ("score", folder, "--metrics", "knn", "--labels", tmp_path / "labels.npy")
    for name in ("a", "c"):
        write_features(replace(features, ids=np.arange(60)), folder / f"{name}.safetensors")
    assert run(*arguments)[0] == 0
    turned = replace(features, features=features.features[::-1], ids=np.arange(60)[::-1])
    write_features(turned, folder / "c.safetensors")
    refused(run(*arguments), "c.safetensors: ids: not in the order of those of a")


def test_keep_going(run, folder):
    (folder / "b.safetensors").write_bytes(b"nonsense")
    refused(run("score", folder, "--metrics", "knn"), "b.safetensors", "write the file again")
    arguments = ("score", folder, "--metrics", "knn", "--keep-going")
    code, out, err = run(*arguments, "--format", "json")
    table = json.loads(out)
    assert (code, set(table["scores"])) == (0, {"a", "c"})
    assert [each["model"] for each in table["failures"]] == ["b"]
    assert "b.safetensors" in table["failures"][0]["error"]
    code, out, err = run(*arguments)
    assert code == 0 and "failed: " in err and "b.safetensors" in err


def with_one(folder, **fields):
    """The folder with model b replaced."""
    (folder / "b.safetensors").unlink()
    np.savez(folder / "b.npz", **fields)
    return folder


X = np.random.default_rng(0).normal(size=(60, 24)).astype(np.float32)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"labels": LABELS}, "b.npz: features: missing"),
        ({"features": X}, "b.npz: labels: missing"),
        ({"features": X, "labels": LABELS[:50]}, "b.npz: labels: 50 rows, features has 60"),
        ({"features": np.where(X > 2, np.inf, X), "labels": LABELS}, "not finite, first inf"),
        ({"features": X * 1j, "labels": LABELS}, "b.npz: features: dtype c8"),
        ({"features": X.astype(object), "labels": LABELS}, "b.npz"),
        ({"features": X, "labels": LABELS * 0}, "b.npz: labels: all are one class"),
        ({"features": X, "labels": LABELS * 0.5}, "b.npz: labels: real-valued"),
        ({"features": X[:, :0], "labels": LABELS}, "b.npz: features: shape [60, 0]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_model(run, folder, tmp_path, fields, told):
    out = tmp_path / "scores.json"
    arguments = ("score", with_one(folder, **fields), "--metrics", "knn", "--out", out)
    refused(run(*arguments), told)
    assert not out.exists()


def test_wrong_use(run, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(run("score", tmp_path / "empty"), "no feature files in it")
    refused(run("score", tmp_path / "none"), "none: folder: cannot be read")
    refused(run("score", folder, "--metrics", "knm"), "did you mean knn?")
    refused(run("score", folder, "--metrics", "knn:q=1"), "option 'q' is unknown")
    refused(run("score", folder, "--metrics", "knn:k=0"), "k")
    refused(run("score", folder, "--metrics", "gbc:covariance=round"), "spherical, diagonal")
    refused(run("score", folder, "--task", "regression"), "targets: missing")
    refused(run("score", folder, "--task", "ranking"), "task: ranking")
    refused(run("score", folder, "--memory", "0.01"), "memory: gigabytes")
    refused(run("score", folder, "--bootstrap", "-1"), "--bootstrap")
    refused(run("score"), "FEATURES")
    refused(run("scores"), "No such command")
    np.savez(folder / "a.npz", features=X, labels=LABELS)
    refused(run("score", folder), "model a twice")
    (folder / "a.npz").rename(folder / "\udcff.npz")
    refused(run("score", folder), r"the name of a file is no Unicode, \udcff.npz; rename it")


def test_out_that_cannot_be_written(run, folder, tmp_path):
    (tmp_path / "file").write_text("")
    refused(run("score", folder, "--out", tmp_path / "file" / "x.json"), "out: cannot be written")
    refused(run("score", folder, "--out", tmp_path), "out: is a folder")


def test_compare(run, tmp_path):
    (tmp_path / "scores.csv").write_text("model,disco,knn\na,1,3\nb,2,2\nc,3,1\n")
    (tmp_path / "truth.csv").write_text(
        "model,dataset,accuracy\n"
        + "".join(
            f"{m},{d},{v}\n"
            for d in ("pets", "cars")
            for m, v in zip("abcd", (1, 2, 3, 4), strict=True)
        )
    )
    found = run("compare", tmp_path / "scores.csv", tmp_path / "truth.csv", "--format", "json")
    refused(found, "accuracies: none for dataset 'scores'", "pets, cars")
    arguments = ("compare", tmp_path / "scores.csv", tmp_path / "truth.csv", "--dataset", "pets")
    code, out, _ = run(*arguments, "--format", "json")
    whole = json.loads(out)
    assert code == 0
    assert (whole["agreement"]["disco"]["tau_w"], whole["agreement"]["knn"]["tau_w"]) == (1, -1)
    assert whole["agreement"]["knn"]["regret"] == 2
    assert set(whole["controls"]) == {"static", "random"}
    assert "1 models have no score" in whole["warnings"][0]
    code, out, err = run(*arguments)
    assert "control: static" in out and "warning: " in err
    refused(run("compare", tmp_path / "truth.csv"), "give SCORES and then ACCURACIES")
    refused(run("compare", tmp_path / "no.json", tmp_path / "truth.csv"), "no.json: scores: cannot")
    (tmp_path / "list.json").write_text("[1]")
    refused(run("compare", tmp_path / "list.json", tmp_path / "truth.csv"), "missing or empty")
    (tmp_path / "nan.csv").write_text("model,disco\na,nan\n")
    refused(run("compare", tmp_path / "nan.csv", tmp_path / "truth.csv"), "row 2, disco: 'nan'")


def test_score_then_report(run, folder, tmp_path):
    scores, page = tmp_path / "scores.json", tmp_path / "page.html"
    run("score", folder, "--metrics", "knn", "--out", scores)
    truth = tmp_path / "truth.csv"
    truth.write_text("model,cells\na,1\nb,2\nc,3\n")
    code, out, err = run("report", scores, "--out", page, "--accuracies", truth)
    assert (code, out.strip(), err) == (0, str(page), "")
    assert page.read_text().startswith("<!doctype html>")
    refused(run("report", tmp_path / "none.json"), "none.json: scores: cannot be read")
    refused(run("report", scores, "--out", tmp_path), "out: cannot be written")


def test_metrics(run):
    code, out, _ = run("metrics", "--format", "json")
    found = {row.pop("metric"): row for row in json.loads(out)["metrics"]}
    assert code == 0 and found.keys() == METRICS.keys()
    assert found["ped"]["options"] == {"base": "logme", "q": 0.6}
    assert found["etran"]["relative_to_hub"] and "logits" in found["etran"]["needs"]
    code, out, _ = run("metrics", "--format", "csv")
    rows = {row.pop("metric"): row for row in csv.DictReader(io.StringIO(out))}
    assert rows.keys() == METRICS.keys()
    printed = " ".join(run("metrics")[1].split())
    for name, metric in METRICS.items():
        assert rows[name].keys() == found[name].keys()
        for told in (name, *metric.tasks, metric.scale, metric.cost, metric.citation):
            assert told in printed
        assert metric.published in printed


def test_an_error_of_ours_is_no_traceback(run, folder, monkeypatch):
    def broken(*args, **options):
        raise RuntimeError("of ours")

    monkeypatch.setattr("disco_jax.cli.score.score", broken)
    code, out, err = run("score", folder)
    assert (code, out) == (1, "")
    assert "internal error, RuntimeError: of ours" in err and err.count("\n") == 1


def test_help_is_quick_and_loads_no_jax():
    code = (
        "import sys; sys.argv = ['disco-jax', *sys.argv[1:]]\n"
        "from disco_jax.cli import main\n"
        "try: main()\n"
        "finally: assert not {'jax', 'numpy'} & set(sys.modules)"
    )
    for arguments in ([], ["--help"], ["score", "--help"], ["compare", "-h"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
        )
        assert "Usage: disco-jax" in done.stdout
        assert done.stderr == ""


def test_version(run):
    code, out, err = run("--version")
    assert (code, out, err) == (0, f"disco-jax {disco_jax.__version__}\n", "")


def test_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "disco_jax", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"disco-jax {disco_jax.__version__}\n"


def test_a_race(run, folder, tmp_path):
    out, page = tmp_path / "scores.json", tmp_path / "page.html"
    asked = ("score", folder, "--metrics", "knn", "--race")
    code, text, err = run(*asked, "--budget", "10m", "--out", out, "--format", "json")
    table = json.loads(text)
    assert (code, err, json.loads(out.read_text("utf-8"))) == (0, "", table)
    assert not list(tmp_path.glob(".scores*"))
    rounds = table["race"]["rounds"]
    assert rounds[0]["samples"] == 50 and rounds[0]["models"] == ["a", "b", "c"]
    assert set(table["scores"]) == set(rounds[-1]["models"])
    assert json.loads(run(*asked, "--format", "json")[1]) == table
    assert run(*asked)[1].splitlines()[-2].startswith("race: ")
    passes = table["race"]["passes"]
    assert f"race: {passes} of 180 rows of features (" in run(*asked)[1]
    assert run("report", out, "--out", page)[0] == 0
    assert f"{passes} of 180 rows of features" in page.read_text("utf-8")
    refused(run(*asked, "--budget", "soon"), "score: budget: 'soon' is no time; give one as 90s")
    refused(run("score", folder, "--budget", "1m"), "score: budget: there is no race to end")
    boxes = {"labels": LABELS, "boxes": np.ones((60, 4))}
    given = FeatureSet(np.eye(60), **boxes)
    write_features(given, tmp_path / "boxes" / "m.npz")
    refused(run("score", tmp_path / "boxes", "--race"), "race: boxes are not raced")
