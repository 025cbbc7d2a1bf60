"""The truth and the scores of the study: `python -m bench.truth.make NETS IMAGES`.

NETS is a folder of graph files, IMAGES one of packs. Every network is fine-tuned on every pack by
the recipes below, and scored on the pictures that it was trained on, at the size it was trained at.

    TASK/all.csv, TASK/head.csv    accuracies of the whole network, and of a new head alone
    TASK/SET.json                  scores
    TASK/SET.resamples.json        on resamples of the pictures, {score: {network: [value, ...]}}
    TASK/SET.few.json              on fewer of them, {pictures: the same of the default scores}

What is there already is kept, so the command goes on where it was stopped. With `--nets` and
`--sets` it makes a part, one cell too, and with `--out` elsewhere.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from disco_jax import FeatureSet, extract, score
from disco_jax.atomic import write_text
from disco_jax.data import Images, at_most, open_images
from disco_jax.extraction import opened
from disco_jax.finetuning import finetune_hub, recipe
from disco_jax.finetuning.parts import parts
from disco_jax.hubs import HubModel
from disco_jax.scoring import write_scores
from disco_jax.scoring.rounds import shuffled

HERE = Path(__file__).parent
SETS = {  # pack -> tasks
    "dtd10": ("classification",),
    "gtsrb43": ("classification", "regression"),
    "caltech101": ("classification",),
    "sign_digits": ("classification",),
    "cifar10_jpeg": ("classification",),
    "bccd_detect": ("regression",),
}
SHARED = {"pixels": 96, "samples": 500, "batch": 16, "seeds": 2}
RECIPES = {
    "all": recipe("all", epochs=8, rates=(3e-4, 1e-3), **SHARED),
    "head": recipe("head", epochs=50, rates=(3e-4, 1e-3, 3e-3), **SHARED),
}

METRICS = "all"
DRAWS = 10  # resamples of the pictures
FEWER, FEW_DRAWS = (2, 4), 5  # parts of the pictures, and how many of each
ONLY = "one part of it; none: the scores"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.truth.make", description=__doc__)
    parser.add_argument("networks", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--tune", choices=[*RECIPES, "none", "resamples", "few"], help=ONLY)
    parser.add_argument("--nets", help="names, with commas between")
    parser.add_argument("--sets", help="names, with commas between")
    parser.add_argument("--metrics", default=METRICS, help="the scores")
    parser.add_argument("--out", type=Path, default=HERE)
    arguments = parser.parse_args()
    hub = [
        HubModel(path.stem, str(path))
        for path in sorted(arguments.networks.glob("*.npz"))
        if arguments.nets is None or path.stem in arguments.nets.split(",")
    ]
    names = list(SETS) if arguments.sets is None else arguments.sets.split(",")
    for name in names:
        images = open_images(str(arguments.images / f"{name}.npz"), "all")
        for task in SETS[name]:
            for line in _made(hub, images, task, arguments):
                print(line, flush=True)


def _made(
    hub: list[HubModel], images: Images, task: str, given: argparse.Namespace
) -> Iterator[str]:
    tune, out, metrics = given.tune, given.out, given.metrics
    for each, how in RECIPES.items():
        if tune in (None, each):
            path = out / task / f"{each}.csv"
            for run in finetune_hub(hub, images, how, path, task=task):
                yield f"{each} {run.dataset} {run.model} {run.accuracy:.4f} {run.status}"
    known: dict[str, FeatureSet] = {}
    for part, (ending, made) in SCORED.items():
        path = out / task / f"{images.name}{ending}.json"
        if tune in (None, part):
            if not path.exists():
                known = known or seen(hub, images, task)
                made(path, known, metrics, task)
            yield f"{part} {images.name} {task}"


def seen(hub: list[HubModel], images: Images, task: str) -> dict[str, FeatureSet]:
    """Features of the training pictures."""
    pictures = parts(images, task, SHARED["samples"]).train.images
    return {name: _for(found, task) for name, found in features(hub, pictures).items()}


def features(hub: list[HubModel], images: Images) -> dict[str, FeatureSet]:
    """Features of pictures, at the size that networks are trained at."""
    pictures = replace(images, boxes=None, box_image=None, box_labels=None)
    found = {}
    for model in hub:
        backbone = opened(model)
        how = at_most(backbone.preprocessing, SHARED["pixels"])
        found[model.name] = extract(backbone._replace(preprocessing=how), pictures).features
    return found


def _scores(path: Path, features: dict[str, FeatureSet], metrics: str, task: str) -> None:
    write_scores(path, score(features, metrics=metrics, task=task))


def _resamples(path: Path, features: dict[str, FeatureSet], metrics: str, task: str) -> None:
    classes = _classes(features, task)
    found = drawn(features, [_rows(classes, draw) for draw in range(DRAWS)], metrics, task)
    write_text(path, json.dumps(found))


def _few(path: Path, features: dict[str, FeatureSet], metrics: str, task: str) -> None:
    classes, found = _classes(features, task), {}
    for part in FEWER:
        number = len(classes) // part
        rows = [shuffled(classes, seed)[:number] for seed in range(FEW_DRAWS)]
        found[number] = drawn(features, rows, None, task)
    write_text(path, json.dumps(found))


SCORED = {"none": ("", _scores), "resamples": (".resamples", _resamples), "few": (".few", _few)}


def drawn(
    features: dict[str, FeatureSet], rows: list[np.ndarray], metrics: str | None, task: str
) -> dict[str, dict[str, list[float | None]]]:
    """The scores on some rows, each time the same for all networks and metrics.

    A score that a network lacks on one of them is left out.
    """
    drawn = []
    for of in rows:
        some = {name: _at(each, of) for name, each in features.items()}
        drawn.append(score(some, metrics=metrics, task=task).scores)
    found = {
        spec: {name: [table[name][spec] for table in drawn] for name in features}
        for spec in next(iter(drawn[0].values()))
    }
    return {
        spec: of for spec, of in found.items() if all(None not in values for values in of.values())
    }


def _at(features: FeatureSet, rows: np.ndarray) -> FeatureSet:
    """Some of the samples, with what scores read."""
    arrays = {name: getattr(features, name) for name in ("labels", "targets", "logits")}
    some = {name: np.asarray(a)[rows] for name, a in arrays.items() if a is not None}
    return FeatureSet(np.asarray(features.features)[rows], **some)


def _classes(features: dict[str, FeatureSet], task: str) -> np.ndarray:
    """Of each picture; one for all where there are none."""
    one = next(iter(features.values()))
    given = one.labels if task == "classification" else one.targets
    return np.asarray(given) if task == "classification" else np.zeros(len(np.asarray(given)))


def _rows(of_class: np.ndarray, draw: int) -> np.ndarray:
    """As many of each class as there are, drawn with replacement."""
    rng = np.random.default_rng(draw)
    places = (np.flatnonzero(of_class == each) for each in np.unique(of_class))
    return np.concatenate([rng.choice(where, len(where)) for where in places])


def _for(features: FeatureSet, task: str) -> FeatureSet:
    """Without what another task reads."""
    other = {"classification": "targets", "regression": "labels"}[task]
    return replace(features, **{other: None})


if __name__ == "__main__":
    main()
