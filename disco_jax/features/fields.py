"""The fields of a feature set: what each may look like, and which of them a task needs.

    features (n, d)      labels (n,) or (n, L)      targets (n,) or (n, t)      boxes (n, 4)
    logits (n, z)        ids (n,)                   source_features (m, d)      source_labels (m,)
    moments (1 + d + C, d) in place of all that is as wide as the features, see `extraction.moments`

`features@NAME` is the same of a further layer of the model.
"""

import re
from collections.abc import Collection
from typing import Any, NamedTuple

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


def kind_of(dtype: Any) -> str:
    """NumPy's letter for the kind of dtype, f for bfloat16, ? for floats we do not know."""
    if str(dtype) in ("bfloat16", "float16", "float32", "float64"):
        return "f"
    return getattr(dtype, "kind", "?").replace("f", "?")


def any_of(names: Collection[str]) -> str:
    """`a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} or {last}"
