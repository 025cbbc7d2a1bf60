"""What plans of many cells cost beside the networks: planning, working, looking, collecting.

Weights are files of a few bytes and data sets of two pictures; scores are made up. So the times are
this package's own, and the milliseconds are those of a cell: what is added to a network and scores.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.data import write_pack
from disco_jax.demo import TARGET
from disco_jax.hubs import read_hub
from disco_jax.sweep import (
    Cell,
    Data,
    Model,
    Plan,
    collect,
    plan_of,
    read_plan,
    status,
    work,
    write_plan,
)

from .record import Row

SPECS = "disco,logme,knn,ncti"
TERMS = {"ncc": 0.25, "seli": -1.5, "vc": 0.0625}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--sets", type=int, default=100)


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    models, sets = arguments.models, arguments.sets
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _files(folder, models, sets)
        plan_folder = folder / "PLAN"
        steps: dict[str, Callable[[], Any]] = {
            "plan": lambda: _plan(folder, plan_folder, sets),
            "read a plan": lambda: read_plan(plan_folder),
            "work": lambda: work(plan_folder, open_model=_made_up),
            "work, nothing left": lambda: work(plan_folder, open_model=_made_up),
            "status": lambda: status(plan_folder),
            "collect": lambda: collect(plan_folder, folder / "scores.csv"),
        }
        for step, call in steps.items():
            start, before = time.perf_counter(), time.process_time()
            call()
            seconds, busy = time.perf_counter() - start, time.process_time() - before
            yield {
                "shape": f"{models:,} x {sets:,}: {step}",
                "seconds": seconds,
                "ms_a_cell": 1000 * seconds / (models * sets),
                "busy_ms_a_cell": 1000 * busy / (models * sets),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
            }


def _files(folder: Path, models: int, sets: int) -> None:
    lines = []
    for i in range(models):
        (folder / f"m{i}.npz").write_text(str(i))
        lines.append(f'[[models]]\nname = "m{i}"\nweights = "m{i}.npz"\n')
    (folder / "hub.toml").write_text("".join(lines))
    with np.load(TARGET) as archive:
        data, offset = archive["jpeg"], archive["offset"]
        pictures = [data[offset[i] : offset[i + 1]].tobytes() for i in range(2)]
    for i in range(sets):
        write_pack(folder / f"d{i}.npz", pictures, {"set": i}, label=np.arange(2))


def _plan(folder: Path, out: Path, sets: int) -> None:
    hub = read_hub(folder / "hub.toml")
    sources = [str(folder / f"d{i}.npz") for i in range(sets)]
    write_plan(out, plan_of(hub, sources, metrics=SPECS))


def _made_up(plan: Plan, model: Model, offline: bool) -> Cell:
    scores = {spec: 0.123456 for spec in SPECS.split(",") if spec != "ncti"}
    row = {"scores": scores, "terms": {"ncti": TERMS}}

    def cell(data: Data) -> dict[str, Any]:
        about = {"model": model.name, "dataset": data.name, "device": "none"}
        return {**about, "rows": {"": row}, "warnings": []}

    return cell


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "seconds": ("seconds", lambda value: f"{value:.3g}"),
    "ms a cell": ("ms_a_cell", lambda value: f"{value:.2g}"),
    "of which busy": ("busy_ms_a_cell", lambda value: f"{value:.2g}"),
    "peak MB": ("peak_mb", lambda value: f"{value:.0f}"),
}
TURNED = True
