"""Workers that are many, die, fail or come back: the table is that of one which did it all."""

import itertools
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from disco_jax.errors import InputError
from disco_jax.sweep import TRIES, Store, collect, read_plan, status, work
from disco_jax.sweep.plan import result_name
from disco_jax.sweep.under_way import under_way
from disco_jax.sweep.worker import DIED

from .plans import drawn, planned, result_of


def collected(folder):
    out = folder.parent / "scores.csv"
    return collect(folder, out), out.read_bytes()


JUNK = ValueError("net.npz: weights: junk; fetch it again")


def failing(wrong, why=JUNK):
    """A hub with a model that cannot be loaded."""

    def open_model(plan, model, offline):
        if model.name == wrong:
            raise why
        return drawn(plan, model, offline)

    return open_model


def test_what_is_there_is_not_done_again(folder, table):
    asked = []

    def open_model(plan, model, offline):
        asked.append(model.name)
        return drawn(plan, model, offline)

    assert work(folder, open_model=open_model) == (0, 0)
    assert work(folder, open_model=open_model) == (0, 0)
    assert asked == ["m0", "m1", "m2", "m3"]
    assert collected(folder) == ((30, 0, ("cpu",)), table)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_shards_in_any_order_give_the_table_of_one(folder, table, order):
    for place in order:
        assert work(folder, shard=(place, 3), open_model=drawn) == (0, 0)
    assert collected(folder)[1] == table


def test_workers_at_the_same_cells_do_not_clash(folder, table):
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: work(folder, open_model=drawn), range(4)))
    assert found == [(0, 0)] * 4 and collected(folder)[1] == table
    assert {path.suffix for path in (folder / "results").glob("*/*")} == {".jsonl"}


KILLED = """
import os, signal, sys
from pathlib import Path
from disco_jax.sweep import work
from tests.sweep.plans import result_of

left = 4

def open_model(plan, model, offline):
    def cell(data):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result_of(model, data)
    return cell

work(Path(sys.argv[1]), open_model=open_model)
"""


def test_after_a_kill_the_work_goes_on(folder, table):
    died = subprocess.run([sys.executable, "-c", KILLED, str(folder)])
    assert died.returncode == -signal.SIGKILL
    plan = read_plan(folder)
    now = status(folder)
    assert (now.cells, now.done, now.failed, now.running) == (15, 2 * 3, 0, 0)
    asked = []

    def open_model(plan, model, offline):
        return lambda data: asked.append(result_name(model, data)) or result_of(model, data)

    assert work(folder, open_model=open_model) == (0, 0)
    assert len(asked) == 4 * 3 - 3 and asked[-1] == result_name(plan.models[1], plan.data[0])
    assert collected(folder)[1] == table
    assert not list((folder / "running").iterdir())


def test_a_cell_that_kills_its_workers_is_given_up(folder):
    plan = read_plan(folder)
    process = subprocess.Popen(["true"])
    process.wait()
    model, data = plan.models[2], plan.data[1]
    told = [socket.gethostname(), str(process.pid), model.key, result_name(model, data)]
    for _ in range(TRIES):
        (folder / "running").mkdir(exist_ok=True)
        (folder / "running" / "gone").write_text("\t".join(told))
        left = work(folder, shard=(0, 4), open_model=drawn)
    assert left == (0, 0)  # of that shard
    assert work(folder, open_model=drawn) == (0, 1)
    assert status(folder).reasons == {(DIED, TRIES): 1}


def test_a_model_that_cannot_be_loaded_is_tried_a_few_times(folder):
    assert work(folder, open_model=failing("m0")) == (6, 0)
    now = status(folder)
    assert (now.done, now.failed, now.running) == (9, 6, 0)
    assert now.reasons == {("net.npz: weights: junk; fetch it again", 1): 6}
    assert work(folder, open_model=failing("m0")) == (6, 0)
    assert work(folder, open_model=failing("m0")) == (0, 6)
    assert work(folder, open_model=drawn) == (0, 6)  # it was given up
    found, table = collected(folder)
    assert found == (30, 3, ("cpu",))
    lines = table.decode().splitlines()
    assert lines[1] == "m0,d0,features,disco,,net.npz: weights: junk; fetch it again"
    assert sum("junk" in line for line in lines) == 12


def test_a_model_that_is_mended_is_like_any_other(folder, table):
    assert work(folder, open_model=failing("m2", MemoryError("no room\nat all"))) == (3, 0)
    assert status(folder).reasons == {("MemoryError: no room", 1): 3}
    assert work(folder, open_model=drawn) == (0, 0)
    assert collected(folder)[1] == table


def test_a_cell_that_fails_does_not_stop_the_others(folder):
    def open_model(plan, model, offline):
        def cell(data):
            if (model.name, data.name) == ("m1", "d1"):
                raise RuntimeError("out of memory")
            return result_of(model, data)

        return cell

    assert work(folder, open_model=open_model) == (1, 0)
    assert status(folder).done == 14


def test_models_that_failed_come_last(folder):
    asked = []

    def open_model(plan, model, offline):
        asked.append(model.name)
        raise ValueError("not yet")

    store, plan = Store(folder, read_plan(folder)), read_plan(folder)
    store.fail(plan.models[0], plan.data, "before")
    work(folder, open_model=open_model)
    assert asked == ["m1", "m2", "m3", "m0"]


def test_models_that_others_are_at_come_last(folder):
    asked = []

    def open_model(plan, model, offline):
        asked.append(model.name)
        return drawn(plan, model, offline)

    with under_way(folder, read_plan(folder).models[1]):
        assert work(folder, open_model=open_model) == (0, 0)
    assert asked == ["m0", "m2", "m3", "m1"]


def test_where_nothing_can_be_written_there_is_no_going_on(folder, monkeypatch):
    def full(*_, **__):
        raise InputError("results", "file", "the disk is full", "make room")

    monkeypatch.setattr("disco_jax.sweep.store.write_text", full)
    with pytest.raises(InputError, match="the disk is full"):
        work(folder, open_model=drawn)


def test_other_versions_are_refused(folder, monkeypatch):
    ours = read_plan(folder).versions
    monkeypatch.setattr("disco_jax.sweep.named.versions", lambda: {**ours, "jax": "9.9"})
    with pytest.raises(InputError, match=f"made with jax {ours['jax']}, here is 9.9; install"):
        work(folder, open_model=drawn)
    assert os.listdir(folder) == ["plan.json"]


def test_a_result_that_a_loss_of_power_has_torn_is_made_again(folder, table):
    plan = read_plan(folder)
    store = Store(folder, plan)
    model = plan.models[0]
    for data in plan.data:
        store.put(model, data, result_of(model, data))
    torn = next(store.parts(model).iterdir())
    torn.write_bytes(torn.read_bytes()[:40])
    assert len(list(store.results(model))) == 2
    assert work(folder, open_model=drawn) == (0, 0)
    assert collected(folder)[1] == table
    store.whole(model).write_text("{")
    with pytest.raises(InputError, match="damaged; delete it"):
        collected(folder)


def test_the_plans_here_have_layers():
    assert planned().cells == 15
