"""How far a plan is, and the one table of it."""

import csv
import json

import numpy as np
import pytest

from disco_jax.metrics import parse
from disco_jax.scoring import combined
from disco_jax.sweep import Store, collect, read_plan, status, work
from disco_jax.sweep.under_way import under_way

from ..refusal import refusal
from .plans import TERMS, drawn, result_of


def everything_in(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_status_counts_cells_and_writes_nothing(folder):
    plan = read_plan(folder)
    store = Store(folder, plan)
    first, second, *_ = plan.models
    assert status(folder)[:4] == (15, 0, 0, 0) and status(folder).seconds_left is None
    with under_way(folder, first) as begin:
        begin(plan.data[0])
        store.put(first, plan.data[0], result_of(first, plan.data[0]))
        store.fail(second, plan.data[:2], "junk")
        before = everything_in(folder)
        now = status(folder)
        assert now[:4] == (15, 2, 2, 2)  # two layers are done, two running
        assert everything_in(folder) == before
        assert now.rate > 0 and now.seconds_left == pytest.approx(11 / now.rate)
    store.put(second, plan.data[0], result_of(second, plan.data[0]))
    assert status(folder)[:4] == (15, 3, 1, 0)
    work(folder, open_model=drawn)
    assert status(folder)[:4] == (15, 15, 0, 0)


def test_relative_scores_compare_all_models_of_a_data_set(folder, tmp_path):
    work(folder, open_model=drawn)
    collect(folder, tmp_path / "scores.csv")
    plan = read_plan(folder)
    with open(tmp_path / "scores.csv", newline="") as file:
        found = list(csv.DictReader(file))
    for data in plan.data:
        rows = [
            (model.name, layer or "features", row)
            for model in plan.models
            for layer, row in result_of(model, data)["rows"].items()
        ]
        terms = {
            t: np.array([row["terms"]["ncti"][t] for _, _, row in rows], np.float32) for t in TERMS
        }
        (spec,) = parse("ncti", "classification")
        expected = combined("classification", spec, terms)
        table = {
            (each["model"], each["layer"], each["metric"]): float(each["score"])
            for each in found
            if each["dataset"] == data.name
        }
        assert len(table) == 2 * len(rows)
        for (model, layer, row), score in zip(rows, expected, strict=True):
            assert table[model, layer, "ncti"] == pytest.approx(score, rel=1e-6)
            assert table[model, layer, "disco"] == row["scores"]["disco"]


def test_every_kind_of_table_holds_the_same(folder, tmp_path):
    store, plan = Store(folder, read_plan(folder)), read_plan(folder)
    store.fail(plan.models[1], plan.data[:1], 'junk, "quoted"')
    work(folder, shard=(0, 2), open_model=drawn)
    kinds = {kind: tmp_path / f"scores.{kind}" for kind in ("csv", "json", "parquet")}
    counts = [collect(folder, path) for path in kinds.values()]
    assert counts == [(20, 6, ("cpu",))] * 3
    rows = json.loads(kinds["json"].read_text())
    assert list(rows[0]) == ["model", "dataset", "layer", "metric", "score", "error"]
    with open(kinds["csv"], newline="") as file:
        read = [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    assert [{**row, "score": row["score"] and float(row["score"])} for row in read] == rows
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(kinds["parquet"]).to_pylist() == rows


def test_a_plan_of_which_nothing_is_done_has_an_empty_table(folder, tmp_path):
    assert collect(folder, tmp_path / "scores.json") == (0, 12, ())
    assert json.loads((tmp_path / "scores.json").read_text()) == []


def test_other_kinds_of_tables_are_refused(folder, tmp_path):
    out = tmp_path / "scores.xls"
    refusal(lambda: collect(folder, out), "out", ".csv, .json, .parquet", file=str(out))
    assert not out.exists()
