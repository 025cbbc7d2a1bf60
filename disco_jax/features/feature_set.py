"""The features of one model and what its scores need beside them: the value, and its checks.

    features (n, d)      labels (n,) or (n, L)      targets (n,) or (n, t)      boxes (n, 4)
    logits (n, z)        ids (n,)                   source_features (m, d)      source_labels (m,)
    layers {name: features (n, e) of another layer of the model}, see `layers`
    moments (1 + d + C, d) in place of all that is as wide as the features, see `extraction.moments`

Building a `FeatureSet` looks at shapes and dtypes only. `FeatureSet.check` looks at the values,
once: numbers are finite, labels are classes and more than one, stored arrays match their checksums.
What cannot be scored is an `InputError`, one line that names file, field and remedy; what can be
scored but should be doubted comes back as a warning. Shapes read from a file are to be believed
after the check only.

Labels are integers, booleans or strings; a matrix (n, L) of 0 and 1 is L labels at once and (n, 1)
is (n,). Real-valued labels are refused even where all are whole: they could be targets.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .arrays import as_array
from .checking import Checked, check
from .fields import BESIDE_MOMENTS, EXTRAS, FIELDS, LAYER, LAYER_NAME, TASKS, any_of, kind_of
from .taken import TakenRows
from .tokens import POOLING, may_be_tokens
from .values import StoredRows, on_device


@dataclass(frozen=True, eq=False, repr=False)
class FeatureSet:
    """One model's features and what belongs to them.

        features (n, d)     labels (n,) or (n, L)     targets (n,) or (n, t)     boxes (n, 4)
        logits (n, z)       ids (n,)                  source_features (m, d)     source_labels (m,)

    Arrays are kept where they are: NumPy's in memory, jax's on their device, stored ones in their
    file. Tensors of torch, frames of pandas and the like become arrays. `file` is where it was read
    from, if it was, `layer` the name of the layer that `features` are of, where it is one of
    several, and `places` (n,) which samples these are, where they were taken from more.
    """

    features: Any = None
    labels: Any = None
    targets: Any = None
    boxes: Any = None
    logits: Any = None
    source_features: Any = None
    source_labels: Any = None
    ids: Any = None
    moments: Any = None
    layers: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    layer: str = ""
    file: str = ""
    places: Any = None
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = [key for key in FIELDS if getattr(self, key) is not None]
        if self.moments is not None:
            self._check_alone(given)
        elif self.features is None:
            raise self.error("features", "missing", "save an array features (n, d)")
        for key in given:
            object.__setattr__(self, key, self._array(key, getattr(self, key)))
        for key in given:
            self._check_rows(key, FIELDS[key].rows)
        layers = {name: self._layer(name, value) for name, value in self.layers.items()}
        object.__setattr__(self, "layers", layers)
        if self.boxes is not None and self.boxes.shape[1] != 4:
            raise self.error("boxes", f"shape {self.boxes.shape}", "give boxes (n, 4)")
        if self.source_features is not None:
            ours, theirs = self.shape[1], self.source_features.shape[1]
            if ours != theirs:
                problem = f"{theirs} columns, features have {ours}"
                remedy = "give the same model's features of its source data"
                raise self.error("source_features", problem, remedy)
        provenance = dict(self.provenance)
        if not all(isinstance(text, str) for pair in provenance.items() for text in pair):
            raise self.error("provenance", "not all text", "give strings, as str(value)")
        object.__setattr__(self, "provenance", provenance)

    def __repr__(self) -> str:
        arrays = [(key, getattr(self, key)) for key in FIELDS]
        arrays += [(LAYER + name, array) for name, array in self.layers.items()]
        given = [f"{key} {a.dtype}{list(a.shape)}" for key, a in arrays if a is not None]
        return f"FeatureSet({self.name!r}: {', '.join(given)})"

    def check(self, task: str | None = None, *, also: Collection[str] = EXTRAS) -> Checked:
        """Look at the values of the features, of what the task needs and of the fields in `also`.

        The task is inferred where none is given.
        """
        return check(self, task, also)

    @property
    def shape(self) -> tuple[int, int]:
        """Samples and columns."""
        if self.features is None:
            return len(getattr(self, self._counted)), self.moments.shape[1]
        return self.features.shape

    def read_rows(self, start: int, stop: int) -> Any:
        """Rows `start` to `stop` of the features; of a stored array these are read, no others."""
        return self.features[start:stop]

    def take(self, places: np.ndarray) -> "FeatureSet":
        """The samples at some places, in this order; rows of stored arrays are read when needed."""
        if self.moments is not None:
            raise self.error("moments", "of all samples, none can be taken", "extract the features")

        def of(array: Any) -> Any:
            return TakenRows(array, places) if isinstance(array, StoredRows) else array[places]

        rows = {
            key: of(getattr(self, key))
            for key, rule in FIELDS.items()
            if rule.rows == "features" and getattr(self, key) is not None
        }
        layers = {name: of(array) for name, array in self.layers.items()}
        own = places if self.places is None else self.places[places]
        return replace(self, **rows, layers=layers, places=own)

    def in_memory(self) -> "FeatureSet":
        """A feature set whose stored arrays are read."""

        def read(arrays: Mapping[str, Any]) -> dict[str, Any]:
            stored = {key: a for key, a in arrays.items() if isinstance(a, StoredRows)}
            return {**arrays, **{key: np.asarray(a) for key, a in stored.items()}}

        fields = read({key: getattr(self, key) for key in FIELDS})
        return replace(self, **fields, layers=read(self.layers))

    def task(self) -> str:
        """The task that the fields speak for; an InputError where they speak for two or none."""
        if self.targets is not None and (self.labels is not None or self.boxes is not None):
            other = "labels" if self.boxes is None else "boxes"
            raise self.error(
                "task", f"{other} and targets are both there", f"choose {any_of(TASKS)}"
            )
        if self.boxes is not None:
            return "detection"
        if self.targets is not None:
            return "regression"
        if self.labels is not None:
            return "classification"
        remedy = "give labels (classes), targets (regression), or labels and boxes (detection)"
        raise self.error("labels", "missing", remedy)

    @property
    def origin(self) -> str:
        """Its file or else its name, for messages."""
        return self.file or self.name or "the features given"

    @property
    def multilabel(self) -> bool:
        """Whether a sample has several labels at once."""
        return self.labels is not None and len(self.labels.shape) > 1

    def full_name(self, key: str) -> str:
        """A field with the name of the layer."""
        return LAYER + self.layer if key == "features" and self.layer else key

    def error(self, key: str, problem: str, remedy: str) -> InputError:
        """What to raise of a field."""
        return InputError(self.origin, self.full_name(key), problem, remedy)

    def _layer(self, name: str, value: Any) -> Any:
        if not (isinstance(name, str) and LAYER_NAME.fullmatch(name)):
            remedy = "name layers by letters, digits and any of _ . -"
            raise self.error(f"{LAYER}{name}", "no name of a layer", remedy)
        array = self._array(LAYER + name, value)
        self._check_count(LAYER + name, array, "features")
        return array

    def _array(self, key: str, value: Any) -> Any:
        rule = FIELDS["features" if key.startswith(LAYER) else key]
        stays = isinstance(value, StoredRows) and "U" not in rule.kinds
        if not (stays or on_device(value)):
            try:
                value = as_array(value)
            except (TypeError, ValueError, RuntimeError) as why:
                raise self.error(key, f"no array ({why})", f"give {rule.shapes}") from why
        if kind_of(value.dtype) not in rule.kinds:
            kinds = "integers or strings" if "U" in rule.kinds else "real numbers of at most 64 bit"
            remedy = f"convert with .astype: {kinds} can be used"
            raise self.error(key, f"dtype {value.dtype}", remedy)
        if len(value.shape) not in rule.ranks or 0 in value.shape:
            problem = f"shape {tuple(value.shape)}{' is empty' if 0 in value.shape else ''}"
            tokens = may_be_tokens(key) and len(value.shape) == 3
            remedy = POOLING if tokens else f"give {rule.shapes}"
            raise self.error(key, problem, remedy)
        if key == "labels" and value.shape[1:] == (1,):
            return value.reshape(-1)
        if value.dtype.kind == "U" and len(value.shape) > 1:
            raise self.error(key, f"text of shape {value.shape}", "give one class per row, (n,)")
        return value

    @property
    def _counted(self) -> str:
        """The field that says how many samples there are."""
        rows = ("features", *BESIDE_MOMENTS)
        return next(key for key in rows if getattr(self, key) is not None)

    def _check_alone(self, given: Collection[str]) -> None:
        """Nothing is beside moments that they were not made for."""
        more = [*(set(given) - {"moments", *BESIDE_MOMENTS}), *(LAYER + key for key in self.layers)]
        if more:
            remedy = f"they stand for the features: leave {min(more)} out, or the moments"
            raise self.error("moments", f"beside {min(more)}", remedy)
        if not set(given) & {*BESIDE_MOMENTS}:
            raise self.error("moments", "nothing beside them", "save labels (n,) or targets too")

    def _check_rows(self, key: str, other: str) -> None:
        other = self._counted if other == "features" else other
        if getattr(self, other) is None:
            raise self.error(other, "missing", f"{key} comes with {other}: give both or neither")
        self._check_count(key, getattr(self, key), other)

    def _check_count(self, key: str, array: Any, other: str) -> None:
        rows, expected = array.shape[0], getattr(self, other).shape[0]
        if rows != expected:
            remedy = "give one row per sample, in the same order"
            raise self.error(key, f"{rows} rows, {other} has {expected}", remedy)
