"""The whole way from networks and pictures to a table of scores.

hub, data --extract--> features --score--> table

and what is known of a hub's networks before that, for recommendations.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.backbones import parameters, subtrees
from disco_jax.data import Images, open_images
from disco_jax.errors import InputError
from disco_jax.extraction import extract_hub, opened, task_of
from disco_jax.history import History, read_history
from disco_jax.hubs import HubModel, find_hub, read_hub
from disco_jax.metrics import parse
from disco_jax.progress import Progress
from disco_jax.race import race_hub
from disco_jax.recommendation import Network, recalled, with_history
from disco_jax.results import ScoreTable
from disco_jax.scoring import score, write_scores


def rank(
    hub: str | os.PathLike[str] | Sequence[HubModel],
    data: str | os.PathLike[str] | Images | Iterable[Any],
    *,
    labels: Any = None,
    metrics: str | None = None,
    task: str | None = None,
    split: str = "train",
    out: str | os.PathLike[str] | None = None,
    batch: int | None = None,
    dtype: str = "float32",
    offline: bool = False,
    bootstrap: int | None = None,
    seed: int = 0,
    memory: float | None = None,
    keep_going: bool = False,
    history: History | str | os.PathLike[str] | None = None,
    recall: int | None = None,
    race: bool = False,
    budget: float | None = None,
    progress: Progress | None = None,
) -> ScoreTable:
    """Score the networks of a hub on pictures, without fine-tuning any; higher is better.

    Args:
        hub: A `hub.toml`, the name of a bundled hub, or models as `read_hub` gives them.
        data: Where the pictures are, as for `open_images`, or what that returned.
        labels: A class for each picture, in place of those of the data.
        metrics: Specs as `"disco,gbc:pca=64"`, or `"all"`; a few by default.
        task: classification, regression or detection; inferred where the data leave no choice.
        split: Of the data.
        out: A folder that keeps features and scores; what is there already is not done again.
        batch: Pictures at once; what suits the device by default.
        dtype: What the networks compute in, float32 or bfloat16.
        offline: Download nothing.
        bootstrap: Resamples for intervals, 0 for none; by default 100 where that takes a few
            seconds, as for `score`.
        seed: Which resamples are drawn.
        memory: Gigabytes that scoring may use; half of the machine's by default.
        keep_going: A model that cannot be loaded, run or scored becomes a failure in the table.
        history: Past accuracies of the models, or a file of them: the first score is then the
            accuracy expected of each, from its record and the scores together.
        recall: Run only so many models, those with the best records in the history.
        race: Show all models a few pictures and only the better ones more, see `scoring.rounds`.
            The table is then of the models that are left in the last round.
        budget: Seconds after which a race ends with what it knows.
        progress: Called with a model, how much of all is done, and how much there is: bytes of
            weights that are fetched, then pictures times models, then models that are scored.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    models = read_hub(find_hub(os.fspath(hub))) if isinstance(hub, (str, os.PathLike)) else hub
    images = data if isinstance(data, Images) else open_images(data, split)
    if labels is None:
        task = task_of(images, task)
    else:
        labels, task = _of_pictures(images, labels, task), "classification"
    if metrics is not None:
        parse(metrics, task)  # before anything is computed
    past = read_history(history) if isinstance(history, (str, os.PathLike)) else history
    if budget is not None and not race:
        raise InputError("rank", "budget", "there is no race to end", "add race, or leave it out")
    if recall is not None:
        models = of_record(models, past, recall, "rank")
    folder = None if out is None else Path(out)
    failures: dict[str, str] = {}
    how: dict[str, Any] = {
        "batch": batch,
        "dtype": dtype,
        "offline": offline,
        "progress": progress,
        "failed": (lambda model, why: failures.update({model: str(why)})) if keep_going else None,
    }
    raced = None
    if race:
        if labels is not None:
            images, labels = replace(images, labels=np.asarray(labels)), None
        raced = race_hub(
            models,
            images,
            task,
            metrics=metrics,
            seconds=budget,
            seed=seed,
            out=None if folder is None else folder / "race",
            memory=memory,
            **how,
        )
        features = raced.features
    else:
        per_box = task == "detection"
        extracted = extract_hub(models, images, per_box=per_box, out=folder, **how)
        features = {each.model: each.features for each in extracted}
    if not features:
        raise InputError("hub", "models", "none could be run", next(iter(failures.values())))
    scores = None if folder is None else folder / "scores.json"
    table = score(
        features,
        labels=labels,
        metrics=metrics,
        task=task,
        bootstrap=bootstrap,
        seed=seed,
        memory=memory,
        keep_going=keep_going,
        progress=progress,
        resume=scores,
    )
    if failures:
        missing = tuple({"model": model, "error": why} for model, why in failures.items())
        table = replace(table, failures=missing + table.failures)
    if raced is not None:
        table = replace(table, race=raced.to_dict())
    if past is not None:
        table = with_history(table, past)
    if scores is not None:
        write_scores(scores, table)
    return table


def of_record(
    hub: Sequence[HubModel], history: History | None, most: int, where: str
) -> tuple[HubModel, ...]:
    """The models of a hub with the best records, in the order of the hub.

    Raises:
        ValueError: One line, where there is no history or it knows none of them.
    """
    if history is None:
        raise InputError(where, "recall", "there are no records", "give a history")
    source = {m.name: m.facts["source_data"] for m in hub if "source_data" in m.facts}
    names = set(recalled(history, [model.name for model in hub], most, source))
    return tuple(model for model in hub if model.name in names)


def networks_of(
    hub: str | os.PathLike[str] | Sequence[HubModel], *, offline: bool = False
) -> dict[str, Network]:
    """What the networks of a hub are, for `disco_jax.recommend` with the method fennec.

    Those that torch runs are left out: what they compute is not known.

    Raises:
        ValueError: One line that names a file, what is wrong with it and what to do.
    """
    models = read_hub(find_hub(os.fspath(hub))) if isinstance(hub, (str, os.PathLike)) else hub
    found = {}
    for model in models:
        if model.library:
            continue
        network = opened(model, offline=offline)
        found[model.name] = Network(subtrees(network), parameters(network.module))
    return found


def _of_pictures(images: Images, labels: Any, task: str | None) -> Any:
    """The labels, if there is one for each picture."""
    if task not in (None, "classification"):
        problem = f"given for pictures, which {task} does not read"
        raise InputError("labels", "task", problem, "leave one of the two out")
    if len(labels) != len(images):
        problem = f"{len(labels)} for {len(images)} images"
        raise InputError(images.name, "labels", problem, "give one for each, in their order")
    return labels
