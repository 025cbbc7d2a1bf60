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
