"""`disco-jax plan`, `work`, `status` and `collect`, with networks that are really run."""

import csv
import json

import numpy as np
import pytest

from disco_jax.data import open_images
from disco_jax.demo import HUB, TARGET
from disco_jax.extraction import extract_hub
from disco_jax.hubs import read_hub
from disco_jax.scoring import score
from disco_jax.sweep import TRIES

from ..command_line import refused

NETS = ("digits_small", "untrained")
METRICS = "disco,knn,ncti"


@pytest.fixture
def hub(tmp_path):
    file = tmp_path / "hub.toml"
    listed = [(name, HUB.parent / "nets" / f"{name}.npz") for name in NETS]
    (tmp_path / "broken.npz").write_text("junk")
    lines = [f'[[models]]\nname = "{name}"\nweights = "{path}"\n' for name, path in listed]
    file.write_text("".join([*lines, '[[models]]\nname = "broken"\nweights = "broken.npz"\n']))
    return file


@pytest.fixture
def few(tmp_path):
    """Half of the pictures that are there already."""
    with np.load(TARGET) as archive:
        arrays = dict(archive)
    train = np.flatnonzero(arrays.pop("split") == 0)[:60]
    ends = arrays["offset"][train], arrays["offset"][train + 1]
    pictures = [arrays["jpeg"][a:b] for a, b in zip(*ends, strict=True)]
    offset = np.cumsum([0, *map(len, pictures)])
    arrays |= {"jpeg": np.concatenate(pictures), "offset": offset, "label": arrays["label"][train]}
    np.savez(tmp_path / "few.npz", **arrays)
    return tmp_path / "few.npz"


def counts(run, plan):
    return json.loads(run("status", plan, "--format", "json")[1])


def test_the_table_is_what_score_says_of_each_data_set(hub, few, tmp_path, run):
    plan, out = tmp_path / "PLAN", tmp_path / "scores.csv"
    given = ["--hub", hub, "--data", TARGET, "--data", few, "--metrics", METRICS, "--out", plan]
    code, printed, err = run("plan", *given)
    assert (code, printed, err) == (0, "6 cells: 3 models, 2 data sets\n", "")
    assert counts(run, plan) == {"cells": 6, "done": 0, "failed": 0, "running": 0}

    said = [run("work", plan, "--shard", f"{place}/2") for place in (1, 2)]
    assert said[0] == (0, "", "")
    assert said[1] == (1, "", "2 cells are left to try; work again\n")
    assert counts(run, plan) == {"cells": 6, "done": 4, "failed": 2, "running": 0}
    told = run("status", plan)[1].splitlines()
    assert told[0].startswith("4 of 6 cells done, 2 failed, 0 running; ")
    assert told[1].startswith(f"failed: 2 cells, tried 1 of {TRIES} times: ")
    assert "broken.npz" in told[1]
    assert run("work", plan)[0] == 1
    code, printed, err = run("work", plan)
    assert (code, printed) == (0, "")
    assert err == f"2 cells have failed {TRIES} times; disco-jax status says why\n"

    code, printed, err = run("collect", plan, "--out", out)
    assert (code, printed) == (0, f"18 rows in {out}\n")
    assert err == "warning: 2 results are missing, failed or not yet tried\n"
    with open(out, newline="") as file:
        rows = list(csv.DictReader(file))
    assert all("broken.npz" in row["error"] for row in rows if row["model"] == "broken")
    for source in (TARGET, few):
        images = open_images(source, "train")
        features = {f.model: f.features for f in extract_hub(read_hub(hub)[:2], images)}
        expected = score(features, metrics=METRICS).scores
        found = {
            (row["model"], row["metric"]): float(row["score"])
            for row in rows
            if row["dataset"] == images.name and row["model"] != "broken"
        }
        assert found == {
            (model, spec): pytest.approx(value, rel=1e-4, abs=1e-5)
            for model, row in expected.items()
            for spec, value in row.items()
        }


def test_processes_do_what_this_one_does(hub, few, tmp_path, run):
    plan = tmp_path / "PLAN"
    listed = hub.read_text().replace(str(HUB.parent / "nets" / "untrained.npz"), "broken.npz")
    hub.write_text(listed.replace(str(HUB.parent / "nets" / "digits_small.npz"), "broken.npz"))
    run("plan", "--hub", hub, "--data", few, "--metrics", "knn", "--out", plan)
    assert run("work", plan, "--workers", 2)[0] == 1
    assert counts(run, plan) == {"cells": 3, "done": 0, "failed": 3, "running": 0}


def test_arrays_of_workers_say_their_part(hub, few, tmp_path, run, monkeypatch):
    plan = tmp_path / "PLAN"
    run("plan", "--hub", hub, "--data", few, "--metrics", "knn", "--out", plan)
    for name, value in {"ID": 12, "MIN": 10, "COUNT": 3}.items():
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", str(value))
    assert run("work", plan)[0] == 1  # the third is the broken one
    assert counts(run, plan) == {"cells": 3, "done": 0, "failed": 1, "running": 0}


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        (["work", "PLAN", "--on", "moon"], ["work: on: 'moon' is unknown; choose"]),
        (["work", "PLAN", "--shard", "3/2"], ["'3/2' is no part of a whole"]),
        (["work", "elsewhere"], ["elsewhere/plan.json", "disco-jax plan"]),
        (["status", "elsewhere"], ["elsewhere/plan.json", "disco-jax plan"]),
        (["collect", "elsewhere", "--out", "a.csv"], ["elsewhere/plan.json"]),
    ],
)
def test_wrong_use(tmp_path, run, monkeypatch, command, parts):
    monkeypatch.chdir(tmp_path)
    refused(run(*command), *parts)


def test_another_plan_and_other_versions_are_refused(hub, few, tmp_path, run):
    plan = tmp_path / "PLAN"
    given = ["plan", "--hub", hub, "--data", few, "--out", plan, "--metrics"]
    assert run(*given, "knn")[0] == 0 and run(*given, "knn")[0] == 0
    refused(run(*given, "disco"), f"{plan}: out: another plan is there already")
    found = json.loads((plan / "plan.json").read_text())
    found["versions"]["disco_jax"] = "0.0.1"
    (plan / "plan.json").write_text(json.dumps(found))
    refused(run("work", plan), "made with disco_jax 0.0.1, here is", "plan again")
