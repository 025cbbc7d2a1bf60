"""The whole way from networks and pictures to a table of scores.

hub, data --extract--> features --score--> table
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from disco_jax.data import Images, open_images
from disco_jax.extraction import extract_hub, task_of
from disco_jax.hubs import HubModel, find_hub, read_hub
from disco_jax.metrics import parse
from disco_jax.results import ScoreTable
from disco_jax.scoring import score, write_scores


def rank(
    hub: str | os.PathLike[str] | Sequence[HubModel],
    data: str | os.PathLike[str] | Images | Iterable[Any],
    *,
    metrics: str | None = None,
    task: str | None = None,
    split: str = "train",
    out: str | os.PathLike[str] | None = None,
    batch: int | None = None,
    dtype: str = "float32",
    offline: bool = False,
    bootstrap: int = 0,
    seed: int = 0,
    memory: float | None = None,
    on_pictures: Callable[[str, int, int], None] | None = None,
    on_models: Callable[[str, int], None] | None = None,
) -> ScoreTable:
    """Score the networks of a hub on pictures, without fine-tuning any; higher is better.

    Args:
        hub: A `hub.toml`, the name of a bundled hub, or models as `read_hub` gives them.
        data: Where the pictures are, as for `open_images`, or what that returned.
        metrics: Specs as `"disco,gbc:pca=64"`, or `"all"`; a few by default.
        task: classification, regression or detection; inferred where the data leave no choice.
        split: Of the data.
        out: A folder that keeps features and scores; what is there already is not done again.
        batch: Pictures at once; what suits the device by default.
        dtype: What the networks compute in, float32 or bfloat16.
        offline: Download nothing.
        bootstrap: Resamples for intervals; 0 for none.
        seed: Which resamples are drawn.
        memory: Gigabytes that scoring may use; half of the machine's by default.
        on_pictures: Called with a model, its pictures that are done and the number of all.
        on_models: Called with each model that is scored and the number of all.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    models = read_hub(find_hub(os.fspath(hub))) if isinstance(hub, (str, os.PathLike)) else hub
    images = data if isinstance(data, Images) else open_images(data, split)
    task = task_of(images, task)
    if metrics is not None:
        parse(metrics, task)  # before anything is computed
    folder = None if out is None else Path(out)
    features = {
        each.model: each.features
        for each in extract_hub(
            models,
            images,
            per_box=task == "detection",
            out=folder,
            batch=batch,
            dtype=dtype,
            offline=offline,
            progress=on_pictures,
        )
    }
    scores = None if folder is None else folder / "scores.json"
    table = score(
        features,
        metrics=metrics,
        task=task,
        bootstrap=bootstrap,
        seed=seed,
        memory=memory,
        progress=on_models,
        resume=scores,
    )
    if scores is not None:
        write_scores(scores, table)
    return table
