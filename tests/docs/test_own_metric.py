"""The page on a metric of one's own: its code runs, and its package is installed and used."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from disco_jax.entry_points import brought
from disco_jax.metrics import every as table
from disco_jax.testing import check_metric

from ..packages import found_in
from ..small_hubs import hub, samples

DOCS = Path(__file__).resolve().parents[2] / "docs"
PACKAGE = DOCS / "examples" / "disco-eta"
LABELS, _, _ = samples(n=60, classes=3)
HUB = hub(LABELS, {"good": 20, "poor": 24})
PAGE = (DOCS / "your-own-metric.md").read_text("utf-8")
NOTEBOOK, CHECK, NETWORK = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The package as pip installs it, without a network."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(PACKAGE, folder / "source")
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *offline]
    done = subprocess.run(
        [*command, "--target", folder / "site", folder / "source"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def installed(site, monkeypatch):
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr("disco_jax.entry_points.entry_points", found_in(site))
    brought.cache_clear()
    yield
    brought.cache_clear()
    sys.modules.pop("disco_eta", None)


@pytest.mark.usefixtures("installed")
def test_the_package_is_listed_scored_and_reported(run, tmp_path):
    listed = json.loads(run("metrics", "--format", "json")[1])["metrics"][-1]
    assert (listed["metric"], listed["package"]) == ("eta", "disco-eta 0.1.0")
    assert listed["options"] == {"top": 8}
    for model, x in HUB.items():
        np.savez(tmp_path / f"{model}.npz", features=x, labels=LABELS)
    scores, page = tmp_path / "scores.json", tmp_path / "page.html"
    chosen = ("--metrics", "disco,eta:top=3", "--bootstrap", 5, "--out", scores)
    code, out, err = run("score", tmp_path, *chosen, "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert all(0 < row["eta:top=3"] < 1 for row in found["scores"].values())
    assert found["intervals"]["eta:top=3"]["resamples"] == 5
    assert run("report", scores, "--out", page)[0] == 0
    assert "eta:" in page.read_text()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["test_two_columns", "test_properties"])
def test_its_own_tests_pass(name):
    path = PACKAGE / "tests" / "test_eta.py"
    found = importlib.util.spec_from_file_location("test_eta", path)
    tests = importlib.util.module_from_spec(found)
    found.loader.exec_module(tests)
    getattr(tests, name)()


@pytest.fixture
def notebook(monkeypatch):
    """What the names of the first cell stand for, once it has run."""
    monkeypatch.setattr(table, "_registered", {})
    names = {**HUB, "labels": LABELS}
    exec(NOTEBOOK, names)
    return names


def test_the_cell_of_a_notebook(notebook):
    mean = np.mean(np.linalg.norm(HUB["good"], axis=1))
    assert notebook["table"].scores["good"]["size:power=1.0"] == pytest.approx(mean, rel=1e-5)
    exec(CHECK, notebook)


def test_what_the_page_says_of_a_wrong_kernel():
    def energy(features, *, where, power: float = 2.0):
        w = where.astype(jnp.float32)
        x = features.astype(jnp.float32)
        return jnp.sum(w * jnp.linalg.norm(x, axis=1) ** power) / jnp.sum(w)

    with pytest.raises(AssertionError) as caught:
        check_metric(energy)
    assert f"```text\n{caught.value}\n```" in PAGE


def test_the_network_is_one():
    names = {}
    exec(NETWORK, names)
    family = names["FAMILY"]
    module = family.build(family.architectures["patches64"], None)
    assert module(jnp.zeros((2, 8, 8, 3), jnp.float32)).features.shape == (2, 64)
