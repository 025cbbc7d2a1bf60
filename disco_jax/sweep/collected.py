"""The one table of all results: a row for each model, data set, layer and metric.

    model, dataset, layer, metric, score, error

in the order of the plan, so that it does not depend on who computed what and when. The layer of the
features themselves is `features`. A cell that failed has no scores and says why; one that has not
been tried has no rows. A score that is no finite number is left empty.

Metrics that are relative to the hub compare all rows of a data set. Their terms are read first and
kept, a few numbers for each cell; everything else passes by, a model at a time.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from disco_jax.backbones import layer_names
from disco_jax.metrics import default, parse
from disco_jax.results import FEATURES, plain
from disco_jax.scoring import combined

from .plan import Data, Plan, read_plan, result_name
from .store import Store
from .tables import Row, write_table

COLUMNS = ("model", "dataset", "layer", "metric", "score", "error")


class Collected(NamedTuple):
    """What is in the table."""

    rows: int
    missing: int  # models times data sets without a result
    devices: tuple[str, ...]  # that computed the results


class _Found(NamedTuple):
    """What the first reading has found."""

    there: list[frozenset[str]]  # of each model, the data sets that it has results on
    scores: dict[tuple[str, str], Iterator[float | None]]  # data set, relative metric -> in order
    devices: set[str]


def collect(folder: Path, out: Path) -> Collected:
    """Write the table, as .csv, .json or .parquet.

    Raises:
        InputError: Results cannot be read, or the table cannot be written.
    """
    plan = read_plan(folder)
    store = Store(folder, plan)
    found = _read(plan, store)
    rows = write_table(out, COLUMNS, _rows(plan, store, found))
    missing = len(plan.models) * len(plan.data) - sum(map(len, found.there))
    return Collected(rows, missing, tuple(sorted(found.devices)))


def _read(plan: Plan, store: Store) -> _Found:
    found = _Found([], {}, set())
    terms: dict[tuple[Data, str], dict[str, array[float]]] = defaultdict(dict)
    for model in plan.models:
        there = set()
        for data, result in store.results(model):
            there.add(data.name)
            found.devices.add(result["device"])
            for row in result["rows"].values():
                for spec, values in row["terms"].items():
                    for name, value in values.items():
                        column = terms[data, spec].setdefault(name, array("f"))
                        column.append(np.nan if value is None else value)
        found.there.append(frozenset(there))
    for (data, spec), columns in terms.items():
        stacked = {name: np.array(column, np.float32) for name, column in columns.items()}
        scores = combined(data.task, parse(spec, data.task)[0], stacked)
        found.scores[data.name, spec] = map(plain, scores)
    return found


def _rows(plan: Plan, store: Store, found: _Found) -> Iterator[Row]:
    specs = {data.name: _specs(plan, data) for data in plan.data}
    for model, there in zip(plan.models, found.there, strict=True):
        results = {data.name: r for data, r in store.results(model) if data.name in there}
        failures = store.failures(model)
        for data in plan.data:
            of = model.name, data.name
            if data.name in there:
                for layer, row in results[data.name]["rows"].items():
                    for spec in specs[data.name]:
                        if spec in row["terms"]:
                            score = next(found.scores[data.name, spec])
                        elif spec in row["scores"]:
                            score = row["scores"][spec]
                        else:  # of `all`, one that the model lacks something for
                            continue
                        yield *of, layer or FEATURES, spec, score, None
            elif failure := failures.get(result_name(model, data)):
                for layer in (FEATURES, *layer_names(model.layers)):
                    for spec in specs[data.name]:
                        yield *of, layer, spec, None, failure["error"]


def _specs(plan: Plan, data: Data) -> list[str]:
    specs = default(data.task) if plan.metrics is None else parse(plan.metrics, data.task)
    return [spec.text for spec in specs]
