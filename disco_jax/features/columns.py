"""Named columns as the fields of a feature set: which column is what.

    features                        features: lists, one per row; then no other column is one
    label, labels, class; label_*   labels; several at once (n, L)
    target, targets; target_*       targets
    logits; logit_*                 logits
    boxes; box_*                    boxes
    id, ids                         ids
    any other                       one column of the features

in any case of letters. Columns without a name and those in which pandas keeps the numbers of rows
are left alone, `y` is refused: scores of features that hold the answer would be wrong.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .arrays import as_array
from .fields import FIELDS, kind_of

WHOLE = {
    **{name: name for name in ("features", "labels", "targets", "logits", "boxes", "ids")},
    **{"label": "labels", "class": "labels", "target": "targets", "id": "ids"},
}
PARTS = {"label_": "labels", "target_": "targets", "logit_": "logits", "box_": "boxes"}
ROW_NUMBERS = ("", "index", "unnamed: 0", "__index_level_0__")
TEXT = ("labels", "ids")
RENAME = "name it id, label or target, or leave it out: every other column is a feature"


def places_of(where: str, names: Sequence[str]) -> dict[str, list[int]]:
    """The places of the columns of each field."""
    found: dict[str, list[int]] = {}
    others: list[int] = []
    whole: dict[str, str] = {}  # field -> the column that is all of it
    for place, name in enumerate(names):
        plain = name.strip().casefold()
        if plain in ROW_NUMBERS:
            continue
        if name in names[:place]:
            raise InputError(where, f"column {name!r}", "there twice", "remove or rename one")
        if plain == "y":
            remedy = "rename it label or target; or x1, x2, ... where it is a feature"
            raise InputError(where, f"column {name!r}", "may be the label or a feature", remedy)
        field = WHOLE.get(plain)
        if field is not None:
            whole[field] = name
        field = field or next((f for start, f in PARTS.items() if plain.startswith(start)), None)
        if field is None:
            others.append(place)
        else:
            found.setdefault(field, []).append(place)
    for field, name in whole.items():
        if len(found[field]) > 1:
            other = next(names[place] for place in found[field] if names[place] != name)
            problem = f"both column {name!r} and column {other!r}"
            raise InputError(where, field, problem, "keep one of them")
    if "features" not in found and others:
        found["features"] = others
    if "features" not in found:
        remedy = "give a column features of lists, or one column per feature"
        raise InputError(where, "features", f"no column of features among {len(names)}", remedy)
    return found


def fields_of(where: str, names: Sequence[str], column: Callable[[int], Any]) -> dict[str, Any]:
    """The fields that columns make; `column` gives one by its place."""
    return {
        field: _joined(where, field, [(names[place], column(place)) for place in places])
        for field, places in places_of(where, names).items()
    }


def _joined(where: str, field: str, columns: list[tuple[str, Any]]) -> Any:
    """Columns side by side; one that holds lists stands alone."""
    arrays = [_array(where, field, name, values) for name, values in columns]
    if len(arrays) == 1:
        alone = np.asarray(arrays[0])
        return alone[:, None] if field == "features" and alone.ndim == 1 else alone
    for (name, _), array in zip(columns, arrays, strict=True):
        if array.ndim != 1:
            remedy = f"name it {field}, or give one column for each"
            raise InputError(where, f"column {name!r}", "lists beside other columns", remedy)
    return np.column_stack(arrays)


def _array(where: str, field: str, name: str, values: Any) -> Any:
    try:
        array = as_array(values)
    except (TypeError, ValueError, RuntimeError) as why:
        remedy = f"give {FIELDS[field].shapes}"
        raise InputError(where, f"column {name!r}", f"no array ({why})", remedy) from why
    if kind_of(array.dtype) not in FIELDS[field].kinds:
        problem = f"no numbers, but {array.dtype}"
        remedy = RENAME if field == "features" else f"give {FIELDS[field].shapes}"
        raise InputError(where, f"column {name!r}", problem, remedy)
    return array
