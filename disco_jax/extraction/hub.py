"""A hub of networks over one set of pictures: a features file per model, or feature sets in memory.

A file that is there already with the same provenance stays as it is, so that an interrupted run
goes on where it stopped. Files are written whole or not at all.

Without files, features never leave the device while those of all models together take no more than
a quarter of its memory; those of a model that would take more come to the host.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from disco_jax.data import Images
from disco_jax.errors import InputError
from disco_jax.features import TASKS, FeatureSet, on_device, read_features, write_features
from disco_jax.hubs import HubModel
from disco_jax.progress import Failed, Progress

from .device_rows import device_room
from .network import extract
from .opening import opened
from .provenance import provenance


class Extracted(NamedTuple):
    """One model's features, and how they came about."""

    model: str
    features: FeatureSet
    first: float | None  # seconds to the first batch; None where the file was there
    rate: float | None  # pictures per second after it


def task_of(images: Images, task: str | None) -> str:
    """The task that was asked for, or the only one that the data have something for."""
    given = {
        "classification": images.labels,
        "regression": images.targets,
        "detection": images.boxes,
    }
    possible = [name for name, field in given.items() if field is not None]
    if task is None and len(possible) == 1:
        return possible[0]
    if not possible:
        problem = "neither labels, targets nor boxes"
        raise InputError(images.name, "task", problem, "give one of them")
    if task is None:
        raise InputError(
            images.name, "task", "there are several", f"choose {' or '.join(possible)}"
        )
    if task not in TASKS:
        raise InputError(
            images.name, "task", f"{task!r} is unknown", f"choose {' or '.join(TASKS)}"
        )
    if task not in possible:
        problem = f"no {TASKS[task][-1]} for {task}"
        raise InputError(images.name, "task", problem, f"there is {' and '.join(possible)}")
    return task


def extract_hub(
    hub: Sequence[HubModel],
    images: Images,
    *,
    per_box: bool = False,
    out: Path | None = None,
    batch: int | None = None,
    dtype: str = "float32",
    offline: bool = False,
    progress: Progress | None = None,
    failed: Failed | None = None,
    moments_only: bool = False,
) -> Iterator[Extracted]:
    """Features of every model, or their moments, one after the other; with `out`, written there.

    Args:
        hub: The networks.
        images: The pictures.
        per_box: A row for every box instead of every picture.
        out: A folder for the files.
        batch: Pictures at once.
        dtype: What the networks compute in.
        offline: Download nothing.
        progress: Called after each batch with what all networks have done, and what there is to do.
        failed: Called with a network that cannot be loaded or run, which is then left out; without
            it that is an error.
        moments_only: Keep the moments of the features in their place.
    """
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as why:
            problem = f"cannot be made ({why.strerror})"
            raise InputError(str(out), "out", problem, "choose another folder") from why
    room = device_room() if out is None else 0
    kept: Any = {"per_box": per_box, "moments_only": moments_only}
    for place, model in enumerate(hub):
        path = None if out is None else out / f"{model.name}.safetensors"

        def report(what: str, done: int, total: int, place: int = place) -> None:
            if progress is not None:
                progress(what, place * total + done, len(hub) * total)

        try:
            backbone = opened(model, dtype=dtype, offline=offline, progress=progress)
            kept["layers"] = model.layers
            found = None
            if path is not None:
                found = _found(path, provenance(backbone, images, **kept))
            if found is not None:
                yield Extracted(model.name, found, None, None)
                continue
            made = extract(backbone, images, **kept, batch=batch, progress=report, room=room)
        except ValueError as why:
            if failed is None:
                raise
            failed(model.name, why)
            continue
        features = made.features
        arrays = features.features, features.logits, *features.layers.values()
        room -= sum(array.nbytes for array in arrays if on_device(array))
        if path is not None:
            write_features(features, path)
            features = read_features(path)  # large arrays stay in the file
        yield Extracted(model.name, features, made.first, made.rate)


def _found(path: Path, expected: dict[str, str]) -> FeatureSet | None:
    """What the file holds, if it is what extraction would write."""
    try:
        features = read_features(path)
    except InputError:
        return None
    return features if dict(features.provenance) == expected else None
