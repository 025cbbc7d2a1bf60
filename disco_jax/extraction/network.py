"""A network and pictures in, a feature set out.

    pictures --threads: decode, resize--> bytes --device: normalise, network--> features

One row per picture: the pooled features, with the logits of the network's own head, labels and
targets. Or one row per box: the mean of the last feature map over the cells that the box covers
(`backbones.boxes`), with the class of the box, in the order of the pictures. For boxes the network
always sees the whole picture: a crop would cut some off. Ids tell which picture a row is, `7`, and
which of its boxes, `7/2`.

`provenance` says all that the features depend on; equal provenance means equal features.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from disco_jax.backbones import (
    Backbone,
    Outputs,
    check_layers,
    compiled,
    padded,
    pool_boxes,
    pooled,
)
from disco_jax.data import Images, batches
from disco_jax.errors import InputError
from disco_jax.features import FeatureSet
from disco_jax.progress import Progress

from .device_rows import gathered
from .moments import summed
from .provenance import provenance, uncropped

BATCH = {"cpu": 8}  # larger ones leave the processor's cache
ACCELERATOR_BATCH = 64
Batches = Iterator[tuple[dict[str, jax.Array], int]]  # fields, filled up, and how many rows count


Program = Callable[..., Any]  # images (b, s, s, 3) -> what rows are made of


class Extraction(NamedTuple):
    """Features, and how long they took."""

    features: FeatureSet
    first: float  # seconds to the first batch: reading and compiling
    rate: float  # pictures per second after it; of all of them where there was one batch only


def program_of(
    backbone: Backbone,
    *,
    per_box: bool = False,
    layers: Sequence[str] = (),
    moments_only: bool = False,
) -> Program:
    """What `extract` runs batches through; given to it, it is compiled once for many data."""
    if per_box:
        return compiled(backbone, lambda outputs: outputs.cells)

    def wanted(found: Outputs) -> dict[str, Any]:
        return {
            "features": found.features,
            "logits": None if moments_only else found.logits,
            "layers": pooled(found, layers),
        }

    return compiled(backbone, wanted)


def extract(
    backbone: Backbone,
    images: Images,
    *,
    per_box: bool = False,
    layers: Sequence[str] = (),
    batch: int | None = None,
    progress: Progress | None = None,
    room: int = 0,
    moments_only: bool = False,
    program: Program | None = None,
) -> Extraction:
    """Run a network over pictures.

    Args:
        backbone: The network.
        images: The pictures.
        per_box: A row for every box instead of every picture.
        layers: Further layers of the network, see `backbones.pooling`.
        batch: Pictures at once; 8 on a CPU, 64 on an accelerator by default.
        progress: Called after each batch, with the pictures that are done and the number of all.
        room: Bytes that features may take on the device. There they stay, as jax's arrays, where
            they do not take more; otherwise, and by default, they come to the host.
        moments_only: Keep the moments of the features in their place, see `moments`.
        program: What `program_of` gave for this network and the same choices.
    """
    n = len(images)
    check_layers(backbone, layers)
    if per_box and layers:
        problem = "boxes have features of the last map only"
        raise InputError(backbone.name, "layers", problem, "leave them out")
    if per_box and not getattr(backbone.module, "has_map", True):
        problem = "it gives no map, which features of boxes are taken from"
        raise InputError(backbone.name, "boxes", problem, "choose a network of timm, or weights")
    if moments_only and (per_box or layers):
        problem = "only those of pictures' last features can be kept"
        remedy = "leave layers out, and boxes to --task classification"
        raise InputError(backbone.name, "moments", problem, remedy)
    rows_are: Any = {"per_box": per_box, "layers": layers, "moments_only": moments_only}
    run = program or program_of(backbone, **rows_are)
    size = min(n, batch or BATCH.get(jax.default_backend(), ACCELERATOR_BATCH))
    started = time.perf_counter()
    ends = []

    def finished() -> Batches:
        each = _of_boxes if per_box else _of_images
        for batch in _one_ahead(each(run, backbone, images, size)):
            jax.block_until_ready(batch[0])
            ends.append(time.perf_counter())
            if progress is not None:
                progress(backbone.name, min(len(ends) * size, n), n)
            yield batch

    rows = _rows(images, per_box)
    if moments_only:
        kept = ((batch["features"], count) for batch, count in finished())
        found: Any = {"moments": summed(kept, images.labels)}
    else:
        found = gathered(finished(), len(rows["ids"]), room)
    rate = (n - size) / (ends[-1] - ends[0]) if len(ends) > 1 else n / (ends[0] - started)
    about = provenance(backbone, images, **rows_are)
    features = FeatureSet(**found, **rows, name=backbone.name, provenance=about)
    return Extraction(features, ends[0] - started, rate)


def _of_images(run: Program, backbone: Backbone, images: Images, size: int) -> Batches:
    """Features, logits and those of further layers, a batch at a time."""
    for some in batches(images, backbone.preprocessing, size):
        yield run(padded(some, size)), len(some)


def _of_boxes(run: Program, backbone: Backbone, images: Images, size: int) -> Batches:
    """Features of the boxes of a batch at a time; so many boxes at once as a power of two."""
    pool = jax.jit(pool_boxes)
    order = box_order(images)
    assert images.boxes is not None and images.box_image is not None
    boxes, of = images.boxes[order].astype(np.float32), images.box_image[order]
    for place, some in enumerate(batches(images, uncropped(backbone), size)):
        cells = run(padded(some, size))
        first, last = np.searchsorted(of, [place * size, place * size + len(some)])
        many = 1 << (int(last - first) - 1).bit_length() if last > first else 1
        mine = padded(of[first:last].astype(np.int32) - np.int32(place * size), many)
        yield {"features": pool(cells, padded(boxes[first:last], many), mine)}, int(last - first)


def _one_ahead(started: Batches) -> Batches:
    """Batches, each handed on once the next one has been started."""
    last = next(started)
    for batch in started:
        yield last
        last = batch
    yield last


def box_order(images: Images) -> np.ndarray:
    """The boxes in the order of their pictures."""
    assert images.box_image is not None
    return np.argsort(images.box_image, kind="stable")


def _rows(images: Images, per_box: bool) -> dict[str, Any]:
    if not per_box:
        return {"ids": images.ids, "labels": images.labels, "targets": images.targets}
    order = box_order(images)
    assert images.boxes is not None and images.box_image is not None
    of = images.box_image[order]
    number = np.arange(len(of)) - np.searchsorted(of, of)
    labels = images.box_labels
    return {
        "ids": np.array([f"{images.ids[i]}/{k}" for i, k in zip(of, number, strict=True)]),
        "labels": np.zeros(len(of), np.int32) if labels is None else labels[order],
        "boxes": images.boxes[order],
    }
