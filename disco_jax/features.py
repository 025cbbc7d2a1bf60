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

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from .errors import InputError, one_line
from .feature_values import (
    Encoded,
    StoredRows,
    about_features,
    about_labels,
    about_targets,
    encode_labels,
    encode_several,
    magnitude,
    on_device,
    scan,
    scan_moments,
    short,
)

TASKS = {  # task -> the fields it cannot do without
    "classification": ("labels",),
    "regression": ("targets",),
    "detection": ("labels", "boxes"),
}


class Rule(NamedTuple):
    """What a field may look like."""

    shapes: str
    ranks: tuple[int, ...]
    kinds: str  # of dtype, as NumPy's letters; bfloat16 counts as f
    rows: str  # the field it has as many rows as


FIELDS = {
    "features": Rule("(n, d)", (2,), "biuf", "features"),
    "labels": Rule("(n,) or (n, L)", (1, 2), "biufU", "features"),
    "targets": Rule("(n,) or (n, t)", (1, 2), "biuf", "features"),
    "boxes": Rule("(n, 4)", (2,), "biuf", "features"),
    "logits": Rule("(n, z)", (2,), "biuf", "features"),
    "source_features": Rule("(m, d)", (2,), "biuf", "source_features"),
    "source_labels": Rule("(m,)", (1,), "biufU", "source_features"),
    "ids": Rule("(n,)", (1,), "iuU", "features"),
    "moments": Rule("(1 + d + C, d)", (2,), "f", "moments"),
}
BESIDE_MOMENTS = ("labels", "targets", "ids")
LAYER = "features@"  # and the name of a layer: its field in a file and in messages
LAYER_NAME = re.compile(r"[\w.-]+")
EXTRAS = ("logits", "source_features")  # no task needs them, some metrics do


def rule_of(field: str) -> Rule | None:
    """What a field may look like, one of a layer too; None for a field that we do not know."""
    return FIELDS["features"] if field.startswith(LAYER) else FIELDS.get(field)


class Checked(NamedTuple):
    """What `FeatureSet.check` found out."""

    task: str
    labels: Encoded | None
    source_labels: Encoded | None
    scale: float  # the largest magnitude among the features
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class FeatureSet:
    """One model's features and what belongs to them; sizes in the module docstring.

    Arrays are kept where they are: NumPy's in memory, jax's on their device, stored ones in their
    file. Anything else becomes a NumPy array. `file` is where it was read from, if it was, and
    `layer` the name of the layer that `features` are of, where it is one of several.
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
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = [key for key in FIELDS if getattr(self, key) is not None]
        if self.moments is not None:
            self._check_alone(given)
        elif self.features is None:
            raise self._error("features", "missing", "save an array features (n, d)")
        for key in given:
            object.__setattr__(self, key, self._array(key, getattr(self, key)))
        for key in given:
            self._check_rows(key, FIELDS[key].rows)
        layers = {name: self._layer(name, value) for name, value in self.layers.items()}
        object.__setattr__(self, "layers", layers)
        if self.boxes is not None and self.boxes.shape[1] != 4:
            raise self._error("boxes", f"shape {self.boxes.shape}", "give boxes (n, 4)")
        if self.source_features is not None:
            ours, theirs = self.shape[1], self.source_features.shape[1]
            if ours != theirs:
                problem = f"{theirs} columns, features have {ours}"
                remedy = "give the same model's features of its source data"
                raise self._error("source_features", problem, remedy)
        provenance = dict(self.provenance)
        if not all(isinstance(text, str) for pair in provenance.items() for text in pair):
            raise self._error("provenance", "not all text", "give strings, as str(value)")
        object.__setattr__(self, "provenance", provenance)

    def __repr__(self) -> str:
        arrays = [(key, getattr(self, key)) for key in FIELDS]
        arrays += [(LAYER + name, array) for name, array in self.layers.items()]
        given = [f"{key} {a.dtype}{list(a.shape)}" for key, a in arrays if a is not None]
        return f"FeatureSet({self.name!r}: {', '.join(given)})"

    @property
    def shape(self) -> tuple[int, int]:
        """Samples and columns."""
        if self.features is None:
            return len(getattr(self, self._counted)), self.moments.shape[1]
        return self.features.shape

    def read_rows(self, start: int, stop: int) -> Any:
        """Rows `start` to `stop` of the features; of a stored array these are read, no others."""
        return self.features[start:stop]

    def in_memory(self) -> "FeatureSet":
        """The same with every stored array read."""

        def read(arrays: Mapping[str, Any]) -> dict[str, Any]:
            stored = {key: a for key, a in arrays.items() if isinstance(a, StoredRows)}
            return {**arrays, **{key: np.asarray(a) for key, a in stored.items()}}

        fields = read({key: getattr(self, key) for key in FIELDS})
        return replace(self, **fields, layers=read(self.layers))

    def task(self) -> str:
        """The task that the fields speak for; an InputError where they speak for two or none."""
        if self.targets is not None and (self.labels is not None or self.boxes is not None):
            other = "labels" if self.boxes is None else "boxes"
            raise self._error("task", f"{other} and targets are both there", f"say {_or(TASKS)}")
        if self.boxes is not None:
            return "detection"
        if self.targets is not None:
            return "regression"
        if self.labels is not None:
            return "classification"
        remedy = "give labels (classes), targets (regression), or labels and boxes (detection)"
        raise self._error("labels", "missing", remedy)

    def check(self, task: str | None = None, *, also: Collection[str] = EXTRAS) -> Checked:
        """Look at the values of the features, of what the task needs and of the fields in `also`.

        The task is inferred where none is given.
        """
        task = self.task() if task is None else task
        if task not in TASKS:
            raise self._error("task", f"{task!r} is unknown", f"say {_or(TASKS)}")
        for key in TASKS[task]:
            if getattr(self, key) is None:
                remedy = f"{task} needs {key} {FIELDS[key].shapes}, one row per sample"
                raise self._error(key, "missing", remedy)
        labels = source_labels = None
        warnings: list[tuple[str, str]] = []
        if "labels" in TASKS[task]:
            labels = self._encoded("labels", classify=task == "classification")
            warnings += [("labels", text) for text in about_labels(labels)]
        if self.source_labels is not None and "source_features" in also:
            source_labels = self._encoded("source_labels", classify=False)
        if self.ids is not None and (again := len(self.ids) - len(np.unique(self.ids))):
            warnings.append(("ids", f"{again} of {len(self.ids)} repeat an earlier one"))
        scale = 0.0
        for key in ("features", "moments", "targets", "boxes", *EXTRAS):
            wanted = key in ("features", "moments", *TASKS[task], *also)
            if getattr(self, key) is None or not wanted:
                continue
            if key == "moments":
                self._check_classes(labels)
            rows, values = self.shape[0], getattr(self, key)
            found = scan_moments(values, rows) if key == "moments" else scan(values)
            if found.bad:
                raise self._not_finite(key, found.bad, found.first)
            if key in ("features", "moments"):
                scale = magnitude(found)
                warnings += [(key, text) for text in about_features(rows, found)]
            elif key in ("targets", "boxes"):
                warnings += [(key, text) for text in about_targets(found)]
        where = self._where()
        lines = tuple(one_line(f"{where}: {self._full(k)}: {text}") for k, text in warnings)
        return Checked(task, labels, source_labels, scale, lines)

    def _where(self) -> str:
        return self.file or self.name or "the features given"

    def _full(self, key: str) -> str:
        """A field with the name of the layer."""
        return LAYER + self.layer if key == "features" and self.layer else key

    def _error(self, key: str, problem: str, remedy: str) -> InputError:
        return InputError(self._where(), self._full(key), problem, remedy)

    def _layer(self, name: str, value: Any) -> Any:
        if not (isinstance(name, str) and LAYER_NAME.fullmatch(name)):
            remedy = "name layers by letters, digits and any of _ . -"
            raise self._error(f"{LAYER}{name}", "no name of a layer", remedy)
        array = self._array(LAYER + name, value)
        self._check_count(LAYER + name, array, "features")
        return array

    def _array(self, key: str, value: Any) -> Any:
        rule = FIELDS["features" if key.startswith(LAYER) else key]
        stays = isinstance(value, StoredRows) and "U" not in rule.kinds
        if not (stays or on_device(value)):
            try:
                value = _host_array(value)
            except (TypeError, ValueError, RuntimeError) as why:
                raise self._error(key, f"no array ({why})", f"give {rule.shapes}") from why
        if _kind(value.dtype) not in rule.kinds:
            kinds = "integers or strings" if "U" in rule.kinds else "real numbers of at most 64 bit"
            remedy = f"convert with .astype: {kinds} can be used"
            raise self._error(key, f"dtype {value.dtype}", remedy)
        if len(value.shape) not in rule.ranks or 0 in value.shape:
            problem = f"shape {tuple(value.shape)}{' is empty' if 0 in value.shape else ''}"
            raise self._error(key, problem, f"give {rule.shapes}")
        if key == "labels" and value.shape[1:] == (1,):
            return value.reshape(-1)
        if value.dtype.kind == "U" and len(value.shape) > 1:
            raise self._error(key, f"text of shape {value.shape}", "give one class per row, (n,)")
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
            raise self._error("moments", f"beside {min(more)}", remedy)
        if not set(given) & {*BESIDE_MOMENTS}:
            raise self._error("moments", "nothing beside them", "save labels (n,) or targets too")

    def _check_classes(self, labels: Encoded | None) -> None:
        """Moments have a row for each class, if there is one class per sample."""
        rows, width = self.moments.shape
        classes = len(labels.names) if labels is not None and labels.codes.ndim == 1 else 0
        if rows < 1 + width or (labels is not None and rows != 1 + width + classes):
            problem = f"{rows} rows, of {width} columns and {classes} classes {1 + width + classes}"
            raise self._error("moments", problem, "extract again for these labels")

    def _check_rows(self, key: str, other: str) -> None:
        other = self._counted if other == "features" else other
        if getattr(self, other) is None:
            raise self._error(other, "missing", f"{key} comes with {other}: give both or neither")
        self._check_count(key, getattr(self, key), other)

    def _check_count(self, key: str, array: Any, other: str) -> None:
        rows, expected = array.shape[0], getattr(self, other).shape[0]
        if rows != expected:
            remedy = "give one row per sample, in the same order"
            raise self._error(key, f"{rows} rows, {other} has {expected}", remedy)

    def _encoded(self, key: str, *, classify: bool) -> Encoded:
        labels = np.asarray(getattr(self, key))
        if _kind(labels.dtype) == "f":
            remedy = "save classes as integers or strings, and real values as targets (regression)"
            raise self._error(key, f"real-valued ({labels.dtype})", remedy)
        if labels.ndim == 1:
            encoded = encode_labels(labels)
            if classify and len(encoded.names) == 1:
                remedy = "classification needs two classes or more"
                raise self._error(key, f"all are one class, {short(encoded.names[0])}", remedy)
            return encoded
        if not classify:
            raise self._error(key, f"shape {labels.shape}", "give one class per row, (n,)")
        if labels.min() < 0 or labels.max() > 1:
            remedy = "a matrix means several labels at once: use 0 and 1, or one class per row (n,)"
            raise self._error(key, "a matrix with entries other than 0 and 1", remedy)
        encoded = encode_several(labels)
        if not ((encoded.counts > 0) & (encoded.counts < len(labels))).any():
            remedy = "classification needs a label that some samples have and others have not"
            raise self._error(key, "all are constant", remedy)
        return encoded

    def _not_finite(self, key: str, bad: int, first: tuple[int, int, float]) -> InputError:
        shape = getattr(self, key).shape
        where = f"row {first[0]}" + (f", column {first[1]}" if len(shape) > 1 else "")
        size = shape[0] * (shape[1] if len(shape) > 1 else 1)
        problem = f"{bad} of {size} values not finite, first {first[2]} at {where} (from 0)"
        return self._error(key, problem, "drop these samples or compute them again")


def _host_array(value: Any) -> np.ndarray:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError("masked: fill it first")
    array = np.asarray(value)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    elif array.dtype.kind in "OT" and all(isinstance(each, str) for each in array.flat):
        array = np.array(array.tolist(), np.str_)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _kind(dtype: Any) -> str:
    """NumPy's letter for the kind of dtype, f for bfloat16, ? for floats we do not know."""
    if str(dtype) in ("bfloat16", "float16", "float32", "float64"):
        return "f"
    return getattr(dtype, "kind", "?").replace("f", "?")


def _or(names: Collection[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"
