"""Looking at the values of a feature set: numbers are finite, labels are two classes or more.

Stored arrays match their checksums. What cannot be scored is an `InputError`; what can be scored
but should be doubted comes back as a warning.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from disco_jax.errors import InputError, one_line

from .fields import EXTRAS, FIELDS, TASKS, any_of, kind_of
from .values import (
    Encoded,
    about_features,
    about_labels,
    about_targets,
    encode_labels,
    encode_several,
    magnitude,
    scan,
    scan_moments,
    short,
)

if TYPE_CHECKING:
    from .feature_set import FeatureSet


class Checked(NamedTuple):
    """What `FeatureSet.check` found out."""

    task: str
    labels: Encoded | None
    source_labels: Encoded | None
    scale: float  # the largest magnitude among the features
    warnings: tuple[str, ...]


def check(given: "FeatureSet", task: str | None, also: Collection[str]) -> Checked:
    """See `FeatureSet.check`."""
    task = given.task() if task is None else task
    if task not in TASKS:
        raise given.error("task", f"{task!r} is unknown", f"choose {any_of(TASKS)}")
    for key in TASKS[task]:
        if getattr(given, key) is None:
            remedy = f"{task} needs {key} {FIELDS[key].shapes}, one row per sample"
            raise given.error(key, "missing", remedy)
    labels = source_labels = None
    warnings: list[tuple[str, str]] = []
    if "labels" in TASKS[task]:
        labels = _encoded(given, "labels", classify=task == "classification")
        warnings += [("labels", text) for text in about_labels(labels)]
    if given.source_labels is not None and "source_features" in also:
        source_labels = _encoded(given, "source_labels", classify=False)
    if given.ids is not None and (again := len(given.ids) - len(np.unique(given.ids))):
        warnings.append(("ids", f"{again} of {len(given.ids)} repeat an earlier one"))
    scale = 0.0
    for key in ("features", "moments", "targets", "boxes", *EXTRAS):
        wanted = key in ("features", "moments", *TASKS[task], *also)
        if getattr(given, key) is None or not wanted:
            continue
        if key == "moments":
            _check_classes(given, labels)
        rows, values = given.shape[0], getattr(given, key)
        found = scan_moments(values, rows) if key == "moments" else scan(values)
        if found.bad:
            raise _not_finite(given, key, found.bad, found.first)
        if key in ("features", "moments"):
            scale = magnitude(found)
            warnings += [(key, text) for text in about_features(rows, found)]
        elif key in ("targets", "boxes"):
            warnings += [(key, text) for text in about_targets(found)]
    where = given.origin
    lines = tuple(one_line(f"{where}: {given.full_name(k)}: {text}") for k, text in warnings)
    return Checked(task, labels, source_labels, scale, lines)


def _check_classes(given: "FeatureSet", labels: Encoded | None) -> None:
    """Moments have a row for each class, if there is one class per sample."""
    rows, width = given.moments.shape
    classes = len(labels.names) if labels is not None and labels.codes.ndim == 1 else 0
    if rows < 1 + width or (labels is not None and rows != 1 + width + classes):
        problem = f"{rows} rows, of {width} columns and {classes} classes {1 + width + classes}"
        raise given.error("moments", problem, "extract again for these labels")


def _encoded(given: "FeatureSet", key: str, *, classify: bool) -> Encoded:
    labels = np.asarray(getattr(given, key))
    if kind_of(labels.dtype) == "f":
        remedy = "save classes as integers or strings, and real values as targets (regression)"
        raise given.error(key, f"real-valued ({labels.dtype})", remedy)
    if labels.ndim == 1:
        encoded = encode_labels(labels)
        if classify and len(encoded.names) == 1:
            remedy = "classification needs two classes or more"
            raise given.error(key, f"all are one class, {short(encoded.names[0])}", remedy)
        return encoded
    if not classify:
        raise given.error(key, f"shape {labels.shape}", "give one class per row, (n,)")
    if labels.min() < 0 or labels.max() > 1:
        remedy = "a matrix means several labels at once: use 0 and 1, or one class per row (n,)"
        raise given.error(key, "a matrix with entries other than 0 and 1", remedy)
    encoded = encode_several(labels)
    if not ((encoded.counts > 0) & (encoded.counts < len(labels))).any():
        remedy = "classification needs a label that some samples have and others have not"
        raise given.error(key, "all are constant", remedy)
    return encoded


def _not_finite(
    given: "FeatureSet", key: str, bad: int, first: tuple[int, int, float]
) -> InputError:
    shape = getattr(given, key).shape
    taken = given.places is not None and FIELDS[key].rows == "features"
    row = given.places[first[0]] if taken else first[0]
    where = f"row {row}" + (f", column {first[1]}" if len(shape) > 1 else "")
    size = shape[0] * (shape[1] if len(shape) > 1 else 1)
    problem = f"{bad} of {size} values not finite, first {first[2]} at {where} (from 0)"
    return given.error(key, problem, "drop these samples or compute them again")
