"""`bench/device.sh` on this CPU with small shapes: known to work before there is a device."""

import json
import os
import subprocess
import sys

import pytest

from .run import ROOT

PRECISIONS = ["HIGHEST", "TF32_TF32_F32_X3", "DEFAULT"]
OF_OUR_KERNELS = ["krylov", "gram", "full"]


def run(folder, **environment):
    given = {"PYTHON": sys.executable, "DISCO_BENCH_RESULTS": str(folder)} | environment
    return subprocess.run(
        [ROOT / "bench" / "device.sh", "--small"],
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What it printed, and the rows it left; the tests fail, since there is no such file."""
    folder = tmp_path_factory.mktemp("results")
    done = run(folder, DISCO_DEVICE_TESTS="no_such_file.py")
    rows = [row for file in folder.glob("*.json") for row in json.loads(file.read_text())["rows"]]
    return done, {row["shape"]: row for row in rows}


def test_a_part_that_fails_is_named_and_the_others_run(ran):
    done, _ = ran
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1].endswith("failed: tests"), done.stdout + done.stderr
    assert done.stdout.count("failed: exit code") == 1


def test_every_part_leaves_its_rows(ran):
    _, rows = ran
    assert rows["hub"]["models"] == 2 and rows["hub"]["batch_error"] < 1e-4
    assert rows["medium"]["error"] < 1e-4 and rows["medium"]["ours_over_gram"] > 0
    assert {f"precision: {name}" for name in PRECISIONS} <= rows.keys()
    assert {f"goals: {name}" for name in ("hub of 100, ms", "hub of 100, error")} <= rows.keys()
    assert rows["goals: hub of 100, error"]["met"]


def test_errors_stand_beside_the_times(ran):
    _, rows = ran
    for name in ("precision: HIGHEST", *(f"solvers: {way}" for way in OF_OUR_KERNELS)):
        assert rows[name]["error"] < 1e-5 and rows[name]["ours_ms"]["median"] > 0
    half = rows["extract: cifar_resnet20, bfloat16"]
    assert 1e-4 < half["error"] < 0.1 and half["per_s"] > 0


def test_what_a_cpu_has_not_is_a_note(ran):
    _, rows = ran
    refused = [name for name, row in rows.items() if "failed" in "".join(row.get("notes", []))]
    assert all(name.startswith(("precision: TF32", "solvers: ")) for name in refused)
    assert "solvers: svd, DEFAULT" not in refused
