"""Networks raced over pictures: what a model costs is a forward pass for each that it sees."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.data import Images
from disco_jax.extraction import extract_hub
from disco_jax.features import FeatureSet
from disco_jax.hubs import HubModel
from disco_jax.metrics import default, parse
from disco_jax.progress import Failed
from disco_jax.scoring import Race, race, require_raceable


def race_hub(
    hub: Sequence[HubModel],
    images: Images,
    task: str,
    *,
    metrics: str | None = None,
    seconds: float | None = None,
    seed: int = 0,
    out: Path | None = None,
    memory: float | None = None,
    failed: Failed | None = None,
    **how: Any,
) -> Race:
    """Race networks over pictures.

    Args:
        hub: The networks.
        images: The pictures.
        task: classification or regression.
        metrics: Of which the first decides; by default that of `score`.
        seconds: When to stop, after the round that is under way; the first is always run.
        seed: Of the order of the pictures.
        out: A folder that keeps the features of each round.
        memory: Gigabytes that scoring may use.
        failed: Called with a network that cannot be run or scored, which is then left out; without
            it that is an error.
        how: As for `extract_hub`.

    Raises:
        InputError: Detection is asked for, or no network can be run.
    """
    require_raceable(task, "rank")
    spec = (default(task) if metrics is None else parse(metrics, task))[0]
    labels = images.labels if task == "classification" else None
    plain = labels is None or labels.ndim > 1
    classes = np.zeros(len(images)) if plain else np.asarray(labels)
    by_name = {model.name: model for model in hub}

    def of(names: Sequence[str], places: np.ndarray, seen: int) -> dict[str, FeatureSet]:
        folder = None if out is None else out / f"{seen}-{seen + len(places)}"
        models = [by_name[name] for name in names]
        found = extract_hub(models, images.take(places), out=folder, failed=failed, **how)
        return {each.model: each.features for each in found}

    return race(list(by_name), of, classes, task, spec.text, seconds, seed, memory, failed)
