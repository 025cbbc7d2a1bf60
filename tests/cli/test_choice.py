"""`ensemble` on the command line."""

import csv
import io
import json

import pytest

from ..command_line import refused

METHODS = [
    ("--method", "logloss"),
    ("--method", "logloss", "--posterior", "knn"),
    ("--method", "disco"),
    (),
]


@pytest.mark.parametrize("asked", METHODS)
def test_ensemble_in_every_format(run, folder, asked):
    asked = ("ensemble", folder, "--size", 2, *asked)
    code, out, err = run(*asked, "--format", "json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert len(found["chosen"]) == len(found["gains"]) == 2
    assert found["value"] == pytest.approx(sum(found["gains"]))
    assert found["single_best"] == found["gains"][0]
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv")[1])))
    assert [row["model"] for row in rows] == found["chosen"]
    assert [float(row["gain"]) for row in rows] == found["gains"]
    lines = run(*asked)[1].splitlines()
    assert lines[0].split() == ["model", "gain", "together", "alone", "overlap"]
    assert lines[3].startswith("2 together: ")
    assert (found["bound"] is not None) == (len(lines) == 5)
    assert run(*asked, "--format", "markdown")[1].startswith("| model | gain |")


def test_what_ensemble_refuses(run, folder):
    refused(run("ensemble", folder, "--size", 4), "ensemble: size: 4 of 3 models; give 3 or less")
    refused(run("ensemble", folder, "--method", "eleep"), "a.safetensors: logits: missing")
    refused(run("ensemble", folder / "a.safetensors"), "hub: models: one is left to choose from, a")
    refused(run("ensemble", folder, "--method", "best"), "ensemble: method: best is unknown")


@pytest.mark.parametrize("posterior", ["ridge", "knn"])
def test_complement_in_every_format(run, folder, tmp_path, posterior):
    page = tmp_path / "page.html"
    asked = ("complement", folder, "--posterior", posterior)
    code, out, err = run(*asked, "--format", "json", "--report", page)
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert "Who corrects whom?" in page.read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv")[1])))
    assert len(rows) == 6
    for row in rows:
        assert found["flips"][row["right"]][row["wrong"]] == float(row["share"])
    lines = run(*asked)[1].splitlines()
    assert [line.split()[0] for line in lines] == ["model", *found["accuracy"]]
    for line in lines[1:]:
        assert line.split()[2] == found["partner"][line.split()[0]]


def test_teachers_in_every_format(run, folder):
    asked = ("teachers", folder, "--sharpness", 4)
    code, out, err = run(*asked, "--format", "json")
    found = json.loads(out)
    assert (code, err, found["sharpness"]) == (0, "", 4)
    assert found["nearest"] == max(found["weights"], key=found["weights"].get)
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv")[1])))
    assert {row["model"]: float(row["weight"]) for row in rows} == found["weights"]
    assert run(*asked)[1].splitlines()[0].split() == ["model", "parc", "weight"]


def test_what_the_others_refuse(run, folder):
    one = folder / "a.safetensors"
    refused(run("complement", one), "hub: models: one is left to choose from, a")
    refused(run("teachers", one), "hub: models: one is left to choose from, a")
    refused(run("teachers", folder, "--sharpness", -1), "teachers: sharpness: -1")
    refused(run("complement", folder, "--report", folder), f"{folder}: report: cannot be written")
