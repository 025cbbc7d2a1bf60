"""Models with several layers: a row for each, and rankings of models by their best."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

import disco_jax
from disco_jax.errors import InputError
from disco_jax.features.feature_set import FeatureSet
from disco_jax.features.files import read_features, write_features
from disco_jax.features.values import StoredRows
from disco_jax.results.order import FEATURES, best_rows, grouped, split
from disco_jax.scoring import memory

from ..command_line import refused
from ..small_hubs import features, samples

LABELS, _, BOXES = samples(n=60, classes=3)
X = {name: features(LABELS, 20 + 2 * i, i) for i, name in enumerate(("out", "mid", "in", "b"))}
NOISE = np.random.default_rng(3).normal(size=(60, 20)).astype(np.float32)
A = FeatureSet(NOISE, labels=LABELS, layers={"block.3": X["mid"], "stem": X["in"]})
METRICS = "disco,knn,cka"


@pytest.fixture(scope="module")
def table():
    return disco_jax.score({"a": A, "b": X["b"]}, labels=LABELS, metrics=METRICS)


@pytest.fixture
def folder(tmp_path):
    write_features(A, tmp_path / "hub" / "a.safetensors")
    write_features(FeatureSet(X["b"], labels=LABELS), tmp_path / "hub" / "b.npz")
    return tmp_path / "hub"


def test_a_layer_is_a_row(table):
    alone = {"a": NOISE, "a@block.3": X["mid"], "a@stem": X["in"], "b": X["b"]}
    assert list(table.scores) == list(alone)
    expected = disco_jax.score(alone, labels=LABELS, metrics=METRICS)
    assert table.scores == expected.scores
    assert table.models["a@stem"]["width"] == X["in"].shape[1]


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_in_a_file(tmp_path, suffix, table, monkeypatch):
    path = tmp_path / f"a{suffix}"
    write_features(A, path)
    found = read_features(path)
    assert list(found.layers) == ["block.3", "stem"]
    assert all(isinstance(array, StoredRows) for array in found.layers.values())
    np.testing.assert_array_equal(found.in_memory().layers["stem"], X["in"])
    assert "features@stem float32[60, 24]" in repr(found)
    again = disco_jax.score(tmp_path, metrics=METRICS).scores
    assert again == {row: table.scores[row] for row in again}
    monkeypatch.setattr(memory, "RUNTIME_BYTES", 10**9 - 1)
    streamed = disco_jax.score(tmp_path, metrics="disco:components=16", memory=1).scores
    whole = disco_jax.score(tmp_path, metrics="disco:components=16").scores
    assert len(streamed) == 3
    for row, of_row in streamed.items():
        assert of_row == pytest.approx(whole[row], rel=1e-5)


def test_what_is_wrong_names_the_layer(tmp_path):
    for name in ("", "a/b", "a@b", "..\n"):
        with pytest.raises(InputError, match="no name of a layer; name layers by letters"):
            replace(A, layers={name: NOISE})
    with pytest.raises(InputError, match="features@x: 59 rows, features has 60"):
        replace(A, layers={"x": NOISE[:59]})
    with pytest.raises(InputError, match="features@x: dtype <U1"):
        replace(A, layers={"x": NOISE.astype("U1")})
    broken = replace(A, layers={"x": np.full_like(NOISE, np.inf), "y": X["mid"]})
    with pytest.raises(InputError, match="features@x: 1200 of 1200 values not finite"):
        disco_jax.score({"a": broken})
    found = disco_jax.score({"a": broken}, metrics="knn", keep_going=True)
    assert list(found.scores) == ["a", "a@y"]
    assert [each["model"] for each in found.failures] == ["a@x"]
    with pytest.raises(InputError, match="a@stem is there twice, as a layer of a and by itself"):
        disco_jax.score({"a": A, "a@stem": X["b"]}, labels=LABELS)


def test_a_damaged_layer_in_a_file(folder):
    raw = bytearray((folder / "a.safetensors").read_bytes())
    at = raw.find(X["in"].tobytes())
    raw[at : at + 4] = b"\0\0\0\0"
    (folder / "a.safetensors").write_bytes(raw)
    with pytest.raises(InputError, match="features@stem: damaged, its checksum"):
        disco_jax.score(folder, metrics="knn")


def test_names():
    assert split("a@b") == ("a", "b")
    assert split("a@384@stem") == ("a@384", "stem")
    assert [split(name) for name in ("a", "@a", "a@")] == [(n, "") for n in ("a", "@a", "a@")]
    assert best_rows({"a@x": 1.0, "a": 1.0, "b": 0.5, "b@y": 2.0}) == {"b": "b@y", "a": "a"}


def test_a_grouped_ranking(table):
    for spec in table.metrics:
        everything = table.ranking(spec)
        first = next(row for row in everything if row.startswith("a"))
        best = table.ranking(spec, grouped=True)
        assert sorted(best) == sorted([first, "b"])
        assert best == [row for row in everything if row in best]
    together = disco_jax.score({"a": A, "b": X["b"]}, labels=LABELS, group_layers=True)
    whole = json.loads(together.to_json())
    assert whole["grouped"] and len(whole["scores"]) == 4
    assert all(len(order) == 2 for order in whole["ranking"].values())
    shown = grouped(whole)
    for spec, order in whole["ranking"].items():
        assert shown["ranking"][spec] == [split(row)[0] for row in order]
        for row in order:
            model, layer = split(row)
            assert shown["scores"][model][spec] == whole["scores"][row][spec]
            assert shown["terms"][model][spec]["layer"] == (layer or FEATURES)
    assert shown["terms"]["b"]["disco"].keys() == {"layer", *whole["terms"]["b"]["disco"]}


def test_resampling_compares_models():
    known = {"labels": LABELS, "metrics": "knn", "bootstrap": 20}
    certain = np.eye(3)[LABELS] + 0.01 * NOISE[:, :3]
    layers = FeatureSet(certain, layers={"same": certain})
    rows = disco_jax.score({"a": layers, "b": NOISE}, **known)
    assert rows.intervals["knn"]["ties"] == [["a", "a@same"]]
    assert rows.intervals["knn"]["first_ahead"] == 0.5
    models = disco_jax.score({"a": layers, "b": NOISE}, **known, group_layers=True)
    assert models.intervals["knn"]["ties"] == []
    assert models.intervals["knn"]["first_ahead"] == 1
    assert models.intervals["knn"]["models"] == rows.intervals["knn"]["models"]
    assert grouped(models.to_dict())["intervals"]["knn"]["first_ahead"] == 1
    assert grouped(rows.to_dict())["intervals"]["knn"]["first_ahead"] is None


def test_the_command_line(run, folder, tmp_path, table):
    out = tmp_path / "scores.json"
    arguments = ("score", folder, "--metrics", METRICS, "--out", out, "--bootstrap", 5)
    code, printed, err = run(*arguments, "--group-layers")
    lines = {line.split()[0]: line for line in printed.splitlines()}
    assert (code, err) == (0, "")
    assert lines.keys() >= {"a", "b"} and "@" in lines["a"] and "@" not in lines["b"]
    _, printed, _ = run(*arguments[:4], "--group-layers", "--format", "csv")
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO(printed))}
    best = table.ranking("knn", grouped=True)
    assert {float(row["knn"]) for row in rows.values()} == {table.scores[r]["knn"] for r in best}
    truth = tmp_path / "truth.csv"
    truth.write_text("model,cells\na,1\nb,2\n")
    _, printed, err = run("compare", out, truth, "--format", "json")  # grouped when it was scored
    assert json.loads(printed)["agreement"]["knn"]["tau_w"] in (-1, 1) and err == ""
    code, _, err = run("report", out, "--out", tmp_path / "page.html", "--accuracies", truth)
    page = (tmp_path / "page.html").read_text()
    assert (code, err) == (0, "")
    assert "<td>block.3" in page or "<td>stem" in page
    run(*arguments)
    refused(run("compare", out, truth), "model 'a@", "not there")
    assert run("compare", out, truth, "--group-layers")[0] == 0
    assert run("report", out, "--out", tmp_path / "page.html", "--group-layers")[0] == 0
    assert run("report", out, "--out", tmp_path / "page.html")[0] == 0


def test_detection_was_scaled_over_all_rows(tmp_path, run):
    """So the best layers alone make no figure of scaled terms; they stay among the raw ones."""
    scores, page = tmp_path / "scores.json", tmp_path / "page.html"
    found = disco_jax.score({"a": A, "b": X["b"]}, labels=LABELS, boxes=BOXES, metrics="disco")
    scores.write_text(found.to_json())
    for chosen, drawn in ((), True), (("--group-layers",), False):
        assert run("report", scores, "--out", page, *chosen)[0] == 0
        assert ("Each term is scaled" in page.read_text()) == drawn
        assert ("Raw terms" in page.read_text()) != drawn
