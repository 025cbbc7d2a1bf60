"""A hub of networks over one set of pictures: a features file per model, or feature sets in memory.

A file that is there already with the same provenance stays as it is, so that an interrupted run
goes on where it stopped. Files are written whole or not at all.

Without files, features never leave the device while those of all models together take no more than
a quarter of its memory; those of a model that would take more come to the host.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from disco_jax.data import Images
from disco_jax.errors import InputError
from disco_jax.features import TASKS, FeatureSet, on_device, read_features, write_features
from disco_jax.hubs import HubModel

from .device_rows import device_room
from .network import extract
from .opening import opened
from .provenance import provenance

Progress = Callable[[str, int, int], None]  # model, pictures done, all of them


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
    moments_only: bool = False,
) -> Iterator[Extracted]:
    """Features of every model, or their moments, one after the other; with `out`, written there."""
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as why:
            problem = f"cannot be made ({why.strerror})"
            raise InputError(str(out), "out", problem, "choose another folder") from why
    room = device_room() if out is None else 0
    for model in hub:
        backbone = opened(model, dtype=dtype, offline=offline)
        kept: Any = {"per_box": per_box, "layers": model.layers, "moments_only": moments_only}
        path = None if out is None else out / f"{model.name}.safetensors"
        if path is not None:
            found = _found(path, provenance(backbone, images, **kept))
            if found is not None:
                yield Extracted(model.name, found, None, None)
                continue

        def report(done: int, total: int, name: str = model.name) -> None:
            if progress is not None:
                progress(name, done, total)

        features, first, rate = extract(
            backbone,
            images,
            **kept,
            batch=batch,
            progress=report,
            room=room,
        )
        arrays = features.features, features.logits, *features.layers.values()
        room -= sum(array.nbytes for array in arrays if on_device(array))
        if path is not None:
            write_features(features, path)
            features = read_features(path)  # large arrays stay in the file
        yield Extracted(model.name, features, first, rate)


def _found(path: Path, expected: dict[str, str]) -> FeatureSet | None:
    """What the file holds, if it is what extraction would write."""
    try:
        features = read_features(path)
    except InputError:
        return None
    return features if dict(features.provenance) == expected else None
