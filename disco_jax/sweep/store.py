"""Results as files, under names that say what they are of.

    PLAN/results/ab/<key of a model>/<name>.json    of the model on one data set
    PLAN/results/ab/<key of a model>/failed.json    {name: {"tries", "error"}}
    PLAN/results/ab/<key of a model>.jsonl          of the model on all of them, a line for each

When a model has all its results, they become one file and their folder goes: a million results are
ten thousand files. Every file is there whole or not at all, and whoever writes it writes the same
bytes, so that workers need neither locks nor to know of each other. Single results are not forced
to the disk: one that a loss of power has torn does not read, and is as good as none.

Of two workers that fail at one model at the same time, one may forget what the other counted.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from disco_jax.atomic import write_text
from disco_jax.errors import InputError, one_line

from .plan import Data, Model, Plan, result_name

TRIES = 3  # of a cell that fails
FAILED = "failed.json"
LONGEST = 500  # characters of a reason


class Store:
    """The results of a plan."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder / "results", plan

    def whole(self, model: Model) -> Path:
        """The file of a model that is done."""
        return _places(self.folder, model.key)[0]

    def parts(self, model: Model) -> Path:
        """The folder of a model that is not."""
        return _places(self.folder, model.key)[1]

    def missing(self, model: Model) -> list[Data]:
        """The data sets that a model has no result on."""
        if self.whole(model).exists():
            return []
        there: set[str] = set()
        with suppress(FileNotFoundError):
            there.update(os.listdir(self.parts(model)))
        missing = [data for data in self.plan.data if _file(model, data) not in there]
        return [] if self.whole(model).exists() else missing  # it may have been done meanwhile

    def to_try(self, model: Model) -> list[Data]:
        """Those of them that have not failed too often, those that never failed first."""
        if not (missing := self.missing(model)):
            return []
        failures = self.failures(model)
        tries = {data: _tries(failures, model, data) for data in missing}
        return sorted((d for d in missing if tries[d] < TRIES), key=tries.__getitem__)

    def has(self, model: Model, data: Data) -> bool:
        """Whether there is a result."""
        return (self.parts(model) / _file(model, data)).exists() or self.whole(model).exists()

    def put(self, model: Model, data: Data, result: Mapping[str, Any]) -> None:
        """Keep a result."""
        text = json.dumps(result, ensure_ascii=False, allow_nan=False)
        self._write(self.parts(model) / _file(model, data), text)

    def fail(self, model: Model, data: Iterable[Data], error: str) -> None:
        """Count a failure on each of some data sets."""
        failures = self.failures(model)
        for each in data:
            tries = _tries(failures, model, each) + 1
            told = one_line(error)[:LONGEST]
            failures[result_name(model, each)] = {"tries": tries, "error": told}
        self._write(self.parts(model) / FAILED, json.dumps(failures))

    def failures(self, model: Model) -> dict[str, Any]:
        """How often each result of a model was tried in vain, and why."""
        try:
            found = json.loads((self.parts(model) / FAILED).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def finish(self, model: Model) -> None:
        """Make one file of all results, if all are there; those that do not read go."""
        if not self.whole(model).exists():
            lines: list[str | None] = []
            for data in self.plan.data:
                lines.append(self._line(model, data))
                if lines[-1] is None:
                    (self.parts(model) / _file(model, data)).unlink(missing_ok=True)
            if None in lines:
                return
            write_text(self.whole(model), "".join(f"{line}\n" for line in lines))
        shutil.rmtree(self.parts(model), ignore_errors=True)

    def results(self, model: Model) -> Iterator[tuple[Data, Any]]:
        """What a model has results on, and they, in the order of the plan."""
        if not self.whole(model).exists():
            parts = [(data, self._line(model, data)) for data in self.plan.data]
            if not self.whole(model).exists():  # nor meanwhile
                yield from ((data, json.loads(line)) for data, line in parts if line)
                return
        try:
            with open(self.whole(model), encoding="utf-8") as lines:
                for data, line in zip(self.plan.data, lines, strict=True):
                    yield data, json.loads(line)
        except ValueError as why:
            remedy = "delete it, and work again"
            raise InputError(self.whole(model), "results", "damaged", remedy) from why

    def _line(self, model: Model, data: Data) -> str | None:
        """The text of a result; None where there is none that reads."""
        try:
            text = (self.parts(model) / _file(model, data)).read_text("utf-8")
            json.loads(text)
        except (FileNotFoundError, ValueError):
            return None
        return text

    def _write(self, path: Path, text: str) -> None:
        with suppress(FileNotFoundError):  # another worker was done, and removed the folder
            write_text(path, text, forced=False)


@lru_cache(maxsize=1)  # of the model that is walked
def _places(folder: Path, key: str) -> tuple[Path, Path]:
    home = folder / key[:2]
    return home / f"{key}.jsonl", home / key


def _file(model: Model, data: Data) -> str:
    return f"{result_name(model, data)}.json"


def _tries(failures: Mapping[str, Any], model: Model, data: Data) -> int:
    return int(failures.get(result_name(model, data), {}).get("tries", 0))
