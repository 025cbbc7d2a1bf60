"""Finished models on disk, so that an interrupted run goes on where it stopped.

    .<name of the result>.parts/<model>.json    what was found, and the key it was found under

The key is a digest of all that the result depends on: the version, the metrics, the task, the
compiled shapes, the resamples, the labels, which samples were taken, and the stamp (size and time)
of the feature file, or all arrays of a model that has none. A part with another key, or one that
does not read, is as good as none. Parts are written whole or not at all; runs that share a folder
write the same parts.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax
import numpy as np

from disco_jax import __version__
from disco_jax.atomic import write_text
from disco_jax.features import FIELDS, FeatureSet
from disco_jax.results import ScoreTable

from .plan import Plan
from .scored import Found, Scored

TASK_FIELDS = ("labels", "targets", "boxes")


class Parts:
    """The parts of one result; a `scored.Store`."""

    def __init__(self, result: Path, plan: Plan, resamples: Mapping[str, np.ndarray]) -> None:
        self.folder = folder_of(result)
        self._plan, self._resamples = plan, resamples

    def get(self, model: str, features: FeatureSet, shapes: Any) -> Scored | None:
        """What an earlier run found, if it asked for the same of the same data."""
        try:
            part = json.loads(self._path(model).read_bytes())
            if part["key"] != self._key(model, features, shapes):
                return None
            return Scored(
                _found(part["results"]), _found(part["resampled"]), tuple(part["warnings"])
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, model: str, features: FeatureSet, shapes: Any, scored: Scored) -> None:
        """Keep what was found."""
        part = {
            "key": self._key(model, features, shapes),
            "results": _plain(scored.results),
            "resampled": _plain(scored.resampled),
            "warnings": scored.warnings,
        }
        with suppress(FileNotFoundError):  # a run beside this one was done, and removed the folder
            write_text(self._path(model), json.dumps(part))

    def _path(self, model: str) -> Path:
        return self.folder / f"{model}.json"

    def _key(self, model: str, features: FeatureSet, shapes: Any) -> str:
        digest = hashlib.sha256()
        stamp = None
        if features.file:
            status = Path(features.file).stat()
            stamp = status.st_size, status.st_mtime_ns
        for part in (
            __version__,
            jax.__version__,
            jax.default_backend(),
            self._plan,
            shapes,
            stamp,
        ):
            digest.update(repr(part).encode())
        read = FIELDS if stamp is None else TASK_FIELDS  # a file's stamp speaks for the others
        for array in (features.places, *(getattr(features, field) for field in read)):
            digest.update(b"none" if array is None else np.asarray(array).tobytes())
        digest.update(self._resamples[model].tobytes() if model in self._resamples else b"")
        return digest.hexdigest()


def folder_of(result: Path) -> Path:
    """Where the parts of a result are."""
    return result.with_name(f".{result.name}.parts")


def write_scores(path: Path, table: ScoreTable) -> None:
    """Write a complete result, and remove its parts."""
    write_text(path, table.to_json())
    shutil.rmtree(folder_of(path), ignore_errors=True)


def _plain(found: Found) -> Any:
    return {
        spec: {name: np.asarray(a).astype(np.float64).tolist() for name, a in fields.items()}
        for spec, fields in found.items()
    }


def _found(part: Any) -> Found:
    return {
        spec: {name: np.asarray(a, np.float32) for name, a in fields.items()}
        for spec, fields in part.items()
    }
