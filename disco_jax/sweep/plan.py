"""A plan: models, data sets, what is computed of them, and with which versions; one file.

    PLAN/plan.json     models (M), data (D), metrics, dtype, split, versions

The plan stands for its cells, models x their layers x data sets, of which it needs no list. A
forward pass gives all layers of a model at once, so a model on a data set has one result, under the
name

    name = blake2b(key of the model, key of the data)
    key of the model = blake2b(name, weights, architecture, layers, preprocessing, dtype, versions)
    key of the data = blake2b(content, samples, classes, task, metrics)

An equal name means an equal result. Weights without a local file, those of hf:// and https://, are
known by their address.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from disco_jax.atomic import write_text
from disco_jax.errors import InputError

FILE = "plan.json"
FORMAT = 1  # of the plan and of the results beside it


class Model(NamedTuple):
    """A model of the hub."""

    name: str
    key: str
    weights: str  # their digest; empty where they are not at hand
    layers: tuple[str, ...]  # beside the features themselves
    entry: Mapping[str, Any]  # the fields of its `HubModel`


class Data(NamedTuple):
    """A data set."""

    name: str
    key: str
    content: str  # digest of what the key says of the pictures
    source: str
    task: str


@dataclass(frozen=True)
class Plan:
    """What there is to do."""

    models: tuple[Model, ...]
    data: tuple[Data, ...]
    metrics: str | None  # as they were typed
    dtype: str
    split: str
    versions: Mapping[str, str]
    format: int = FORMAT

    @property
    def cells(self) -> int:
        """How many scores of each metric there will be."""
        return sum(rows_of(model) for model in self.models) * len(self.data)


def rows_of(model: Model) -> int:
    """How many layers of a model are scored, the features among them."""
    return 1 + len(model.layers)


def digest_of(*parts: Any) -> str:
    """32 hexadecimal digits of a value of JSON."""
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def result_name(model: Model, data: Data) -> str:
    """The name of the result of a model on a data set."""
    return hashlib.blake2b((model.key + data.key).encode(), digest_size=16).hexdigest()


def write_plan(folder: Path, plan: Plan) -> None:
    """The plan as a file of its own folder, whole or not at all.

    Raises:
        InputError: There is another plan.
    """
    found = {field.name: getattr(plan, field.name) for field in fields(plan)}
    listed = {name: [each._asdict() for each in found[name]] for name in ("data", "models")}
    whole = json.dumps({**found, **listed}, indent=1, ensure_ascii=False) + "\n"
    path = folder / FILE
    try:
        if path.exists():
            if path.read_text("utf-8") != whole:
                problem = "another plan is there already"
                raise InputError(folder, "out", problem, "choose another folder")
            return
        write_text(path, whole)
    except OSError as why:
        problem = f"cannot be written ({why.strerror or why})"
        raise InputError(folder, "out", problem, "choose another folder") from why


def read_plan(folder: Path) -> Plan:
    """The plan of a folder.

    Raises:
        InputError: There is none, or one of another form.
    """
    path, remedy = folder / FILE, "give the folder that disco-jax plan has written"
    try:
        found = json.loads(path.read_bytes())
        other = found["format"] != FORMAT
    except OSError as why:
        problem = f"cannot be read ({why.strerror})"
        raise InputError(path, "plan", problem, remedy) from why
    except (ValueError, TypeError, KeyError) as why:
        raise InputError(path, "plan", "no plan", remedy) from why
    if other:
        problem = f"of form {found['format']}, this version has {FORMAT}"
        raise InputError(path, "plan", problem, "plan again in another folder")
    try:
        listed = found.pop("models"), found.pop("data")
        models = tuple(Model(**{**each, "layers": tuple(each["layers"])}) for each in listed[0])
        return Plan(models, tuple(Data(**each) for each in listed[1]), **found)
    except (TypeError, KeyError, ValueError) as why:
        raise InputError(path, "plan", f"damaged ({why})", "plan again") from why
