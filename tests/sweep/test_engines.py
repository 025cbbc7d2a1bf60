"""Engines: what each of them does with models that work, that fail, and that are lost.

Their packages are extras; where one is missing its tests are skipped, but for the one that says so.
"""

import importlib.util
import json
import pickle
import shutil
import sys
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from disco_jax.demo import HUB, TARGET
from disco_jax.errors import InputError
from disco_jax.hubs import HubModel
from disco_jax.sweep import collect, plan_of, status, work, write_plan
from disco_jax.sweep.on_slurm import Job
from disco_jax.sweep.one_model import Unreachable

NETS = HUB.parent / "nets"


@pytest.fixture
def real(tmp_path):
    """A plan of a network and a file that is none, on real pictures."""
    (tmp_path / "broken.npz").write_text("junk")
    hub = [
        HubModel("small", str(NETS / "digits_small.npz")),
        HubModel("broken", str(tmp_path / "broken.npz")),
    ]
    write_plan(tmp_path / "PLAN", plan_of(hub, [str(TARGET)], metrics="knn"))
    return tmp_path / "PLAN"


@pytest.fixture
def alone(real, tmp_path):
    """The table that this process makes of the same plan."""
    shutil.copytree(real, tmp_path / "alone")
    work(tmp_path / "alone")
    collect(tmp_path / "alone", tmp_path / "alone.csv")
    return (tmp_path / "alone.csv").read_bytes()


@pytest.mark.filterwarnings("ignore:os.fork")  # by Ray, of what becomes another program at once
@pytest.mark.parametrize(("on", "package"), [("slurm", "submitit"), ("ray", "ray")])
def test_an_engine_gives_the_table_of_one_process(real, alone, tmp_path, on, package, monkeypatch):
    pytest.importorskip(package)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    assert work(real, on=on, workers=2) == (1, 0)
    assert status(real)[:4] == (2, 1, 1, 0)
    collect(real, tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_bytes() == alone


@pytest.mark.parametrize(("on", "package"), [("slurm", "submitit"), ("ray", "ray")])
def test_an_engine_that_is_not_installed(real, on, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"{package} is not installed.*disco-jax\[{on}\]"):
        work(real, on=on, workers=2)


def test_a_machine_without_the_data_blames_no_model(real, tmp_path):
    plan = json.loads((real / "plan.json").read_text())
    plan["data"][0]["source"] = str(tmp_path / "unmounted.npz")
    (real / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(InputError, match=r"unmounted.npz: data: cannot be opened") as caught:
        work(real)
    sent = pickle.loads(pickle.dumps(caught.value))  # as from another process
    assert type(sent) is Unreachable and str(sent) == str(caught.value)
    assert status(real).done == 0 and not list((real / "running").iterdir())
    assert "small" not in str(status(real).reasons)


def test_there_is_no_other_engine(real):
    with pytest.raises(InputError, match="'slrum' is unknown; did you mean slurm"):
        work(real, on="slrum")


@pytest.mark.skipif(importlib.util.find_spec("submitit") is None, reason="needs submitit")
def test_a_job_that_is_stopped_is_queued_as_it_was(tmp_path):
    again = Job().checkpoint(tmp_path, ["a"], True)
    assert isinstance(again.function, Job) and again.args == (tmp_path, ["a"], True)


def test_a_process_that_is_killed_is_a_warning(real, monkeypatch):
    class Pool:
        def __init__(self, *_):
            pass

        def submit(self, *_):
            future = Future()
            future.set_exception(BrokenProcessPool("killed"))
            return future

        def shutdown(self, **_):
            pass

    monkeypatch.setattr("disco_jax.sweep.on_processes.ProcessPoolExecutor", Pool)
    with pytest.warns(UserWarning, match="a worker was killed"):
        assert work(real, workers=2) == (2, 0)
