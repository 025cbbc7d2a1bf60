"""Few compiled shapes for a hub of many: widths on a ladder, equal shapes in one bucket.

Widths are padded with zero columns to the next of 1, 1.25, 1.5 and 1.75 times a power of two (from
32), so that a model costs a tenth more on average and a hub of any widths from 512 to 2048 compiles
at most nine programs; the usual widths stand on the ladder themselves. The ladder does not depend
on what else is in the hub, and neither does a score. Samples stay as they are where all models have
equally many, which is the rule, and climb the ladder otherwise; `where` says which are there.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from disco_jax.features import Checked, FeatureSet

from .scale import narrow_targets, rescaling

Shapes = tuple[tuple[str, tuple[int, ...]], ...]


class Bucket(NamedTuple):
    """Models of one shape once padded."""

    shapes: Shapes  # of the arrays, by field
    models: tuple[str, ...]


def rung(size: int, least: int = 32) -> int:
    """The smallest number on the ladder that is not below size."""
    step = max(least, 1 << max(size - 1, 1).bit_length() - 1) // 4
    return max(least, -(-size // step) * step)


def buckets(hub: Mapping[str, FeatureSet], fields: frozenset[str]) -> list[Bucket]:
    """The models by padded shape, wide ones first (compilation of the slowest starts first)."""
    level = len({features.shape[0] for features in hub.values()}) == 1
    found: dict[Shapes, list[str]] = {}
    for model, features in hub.items():
        found.setdefault(_shapes(features, fields, level), []).append(model)
    ordered = sorted(found.items(), key=lambda item: (-dict(item[0])["features"][1], item[0]))
    return [Bucket(shapes, tuple(models)) for shapes, models in ordered]


def _shapes(features: FeatureSet, fields: frozenset[str], level: bool) -> Shapes:
    n, d = features.shape
    rows, width = n if level else rung(n), rung(d)
    shapes = {}
    for field in sorted(fields):
        array = getattr(features, field)
        if field.startswith("source"):
            shapes[field] = (len(array), *([width] * (len(array.shape) - 1)))
        else:
            shapes[field] = (rows, width) if field == "features" else (rows, *array.shape[1:])
    return tuple(shapes.items())


def padded(features: FeatureSet, checked: Checked, bucket: Bucket) -> dict[str, Any]:
    """The arrays of one model in the shapes of its bucket, with `where` and `width`.

    What is on a device stays there.
    """
    arrays: dict[str, Any] = {}
    factor = rescaling(checked.scale)
    for field, shape in bucket.shapes:
        encoded = {"labels": checked.labels, "source_labels": checked.source_labels}.get(field)
        given = getattr(features, field) if encoded is None else encoded.codes
        if field in ("targets", "boxes"):
            given = narrow_targets(np.asarray(given))
        elif factor != 1 and field.endswith("features"):
            given = np.asarray(given).astype(np.float64) * factor  # no device can be sure to
        dtype = np.int32 if encoded is not None else np.float32
        arrays[field] = _filled(given, shape, dtype)
    arrays["where"] = np.arange(len(arrays["features"])) < features.shape[0]
    arrays["width"] = np.int32(features.shape[1])
    return arrays


def _filled(given: Any, shape: Sequence[int], dtype: Any) -> Any:
    array = given.astype(dtype, copy=False)
    if array.shape == tuple(shape):
        return array
    more = [(0, size - own) for size, own in zip(shape, array.shape, strict=True)]
    return array.__array_namespace__().pad(array, more)
