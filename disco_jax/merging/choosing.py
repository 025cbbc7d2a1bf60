"""A coefficient chosen by a score on the target, without training.

    c* = argmax over c in {0, 0.1, ...} of  score(features of the network merged with c, labels)

Ties go to the smaller c. The networks that are merged, and their base, are scored in the same run:
a merge is one more candidate, and not always the best one. Every candidate is written to a folder
that goes away, loaded as any network, and run once over the pictures. One that cannot be loaded or
scored has no score.

Cost: 11 or 16 passes over the pictures, and one more for each network.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from disco_jax.data import Images
from disco_jax.errors import InputError
from disco_jax.extraction import extract_hub, task_of
from disco_jax.features import FeatureSet
from disco_jax.hubs import HubModel
from disco_jax.metrics import parse
from disco_jax.progress import Progress
from disco_jax.scoring import score

from .checkpoint import Stored, Tensors, write

CONFIGURATIONS = ("config.json", "preprocessor_config.json")


class Choice(NamedTuple):
    """What chooses: a score, on pictures."""

    metric: str
    images: Images
    batch: int | None = None
    progress: Progress | None = None


class Chosen(NamedTuple):
    """The score of each coefficient and of each network that was given; None where it has none."""

    coefficient: float
    scores: dict[float, float | None]
    given: dict[str, float | None]


def choose(
    choice: Choice,
    models: Sequence[HubModel],
    like: Stored,
    merged: Callable[[float], Tensors],
    coefficients: Sequence[float],
    *,
    offline: bool = False,
) -> Chosen:
    """Score the merge of every coefficient, loaded as the first of the models is.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    task = task_of(choice.images, None)
    if len(parse(choice.metric, task)) != 1:
        raise InputError("merge", "choose", "several metrics", "choose by one, as disco")
    count = len(models) + len(coefficients)
    features: dict[str, FeatureSet] = {}

    def see(model: HubModel) -> None:
        def report(what: str, done: int, total: int) -> None:
            if choice.progress is not None:
                choice.progress(what, len(features) * total + done, count * total)

        (seen,) = extract_hub(
            [model._replace(layers=())],
            choice.images,
            per_box=task == "detection",
            batch=choice.batch,
            offline=offline,
            progress=report,
        )
        features[model.name] = seen.features

    for model in models:
        see(model)
    for coefficient in coefficients:
        with tempfile.TemporaryDirectory() as folder:
            path = _candidate(like, merged(coefficient), Path(folder))
            with suppress(InputError):  # weights beyond the range of the format
                see(models[0]._replace(name=_named(coefficient), weights=str(path)))
    table = score(features, metrics=choice.metric, task=task, keep_going=True)
    found = {name: row[table.metrics[0]] for name, row in table.scores.items()}
    scores = {c: found.get(_named(c)) for c in coefficients}
    there = {c: value for c, value in scores.items() if value is not None}
    if not there:
        problem = f"{choice.metric} says nothing of any merge"
        raise InputError("merge", "choose", problem, "choose by another score")
    best = max(there, key=lambda c: (there[c], -c))
    return Chosen(best, scores, {model.name: found.get(model.name) for model in models})


def _named(coefficient: float) -> str:
    return f"merged with {coefficient:g}"  # a name that no model of a hub.toml bears by chance


def _candidate(like: Stored, tensors: Tensors, folder: Path) -> Path:
    """Weights in a folder; beside the configurations that are read with them, if there are."""
    path = folder / f"model{like.suffix}"
    write(like, tensors, path, {})
    there = [like.path / name for name in CONFIGURATIONS if (like.path / name).is_file()]
    for file in there:
        shutil.copy(file, folder)
    return folder if there else path
