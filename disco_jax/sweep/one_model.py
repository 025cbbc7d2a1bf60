"""One model over its data sets: a network is loaded and compiled once, and walks.

    network --extract--> features --score--> result, for each data set that is missing

A result holds the scores of each layer; of metrics that are relative to the hub (`relative`) the
terms too, from which `collect` makes scores beside those of the other models. Whatever is raised on
the way is a failure of that cell, and the next is begun. There is no going on where results cannot
be written, nor where data are not what they were when the plan was made: no model is to blame.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from disco_jax.backbones import Backbone
from disco_jax.data import Images, open_images
from disco_jax.errors import InputError
from disco_jax.extraction import device_room, extract, opened, program_of
from disco_jax.hubs import HubModel
from disco_jax.results import ScoreTable, split
from disco_jax.scoring import score

from .plan import Data, Model, Plan
from .planning import content_of
from .store import Store
from .under_way import under_way

Result = dict[str, Any]
Cell = Callable[[Data], Result]  # the result of an opened model
Open = Callable[[Plan, Model, bool], Cell]


class Unreachable(InputError):
    """Data of the plan that are not to be had here."""


def walk(
    folder: Path,
    plan: Plan,
    model: Model,
    *,
    offline: bool = False,
    open_model: Open | None = None,
    done: Callable[[], None] = lambda: None,
) -> None:
    """Compute what is missing of a model, each once.

    Args:
        folder: Of the plan.
        plan: What there is to do.
        model: One of it.
        offline: Download nothing.
        open_model: Loads a model and gives what computes its results.
        done: Called after each data set, whatever came of it.
    """
    store = Store(folder, plan)
    if not store.missing(model):  # the last worker was killed before it said so
        store.finish(model)
    if todo := store.to_try(model):
        with under_way(folder, model) as begin:
            try:
                cell = (open_model or opened_model)(plan, model, offline)
            except Exception as why:
                store.fail(model, todo, _told(why))
                return
            for data in todo:
                if not store.has(model, data):
                    begin(data)
                    try:
                        result = cell(data)
                    except Unreachable:
                        raise
                    except Exception as why:
                        store.fail(model, [data], _told(why))
                    else:
                        store.put(model, data, result)
                done()
    store.finish(model)


def opened_model(plan: Plan, model: Model, offline: bool) -> Cell:
    """A network that gives its results."""
    entry = HubModel(**{**model.entry, "layers": model.layers})
    backbone = opened(entry, dtype=plan.dtype, offline=offline)
    if model.weights and not entry.library and backbone.digest != model.weights:
        raise InputError(entry.weights, "weights", "not those of the plan", "plan again")
    programs: dict[bool, Any] = {}

    def cell(data: Data) -> Result:
        rows_are: Any = {"per_box": data.task == "detection", "layers": model.layers}
        if rows_are["per_box"] not in programs:
            programs[rows_are["per_box"]] = program_of(backbone, **rows_are)
        return _result(plan, backbone, data, rows_are, programs[rows_are["per_box"]])

    return cell


def _result(plan: Plan, backbone: Backbone, data: Data, rows_are: Any, program: Any) -> Result:
    images = _images(data, plan.split)
    made = extract(backbone, images, **rows_are, room=device_room(), program=program)
    table = score({backbone.name: made.features}, metrics=plan.metrics, task=data.task)
    rows = {split(row)[1]: _row(table, row) for row in table.scores}
    return {
        "model": backbone.name,
        "dataset": data.name,
        "rows": rows,
        "warnings": list(table.warnings),
        "device": table.provenance["device"],
    }


def _row(table: ScoreTable, row: str) -> dict[str, Any]:
    scores = {spec: v for spec, v in table.scores[row].items() if spec not in table.relative}
    return {"scores": scores, "terms": {spec: table.terms[row][spec] for spec in table.relative}}


@cache  # packs stay in memory, see `data.packs`
def _images(data: Data, part: str) -> Images:
    try:
        images = open_images(data.source, part)
    except Exception as why:
        remedy = "make this machine see them as that which planned"
        raise Unreachable(data.source, "data", f"cannot be opened ({_told(why)})", remedy) from why
    if content_of(images) != data.content:
        raise Unreachable(data.source, "data", "not those of the plan", "plan again")
    return images


def _told(why: Exception) -> str:
    if isinstance(why, ValueError):
        return str(why)
    lines = str(why).splitlines() or [""]
    return f"{type(why).__name__}: {lines[0]}"
