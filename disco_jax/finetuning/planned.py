"""A run before it starts: the network cut, the pictures divided, and what the run is of."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from disco_jax.backbones import Backbone
from disco_jax.data import Images, Preprocessing, at_most

from .cut import Cut, cut
from .goals import encoded
from .parts import Parts, decoded, parts
from .recipe import Recipe
from .runs import listed
from .training import Trainer, frozen_maps, shift_of, trainer

Decode = Callable[[Images, Preprocessing], np.ndarray]


class Planned(NamedTuple):
    """Nothing of it takes long."""

    about: dict[str, Any]  # what a run is of, without its seed
    recipe: Recipe
    parts: Parts
    cut: Cut
    preprocessing: Preprocessing


class Prepared(NamedTuple):
    """The programs, and the arrays that they read again and again."""

    trainer: Trainer
    train: np.ndarray  # maps of the training pictures
    test: np.ndarray
    wanted: np.ndarray  # answers of the training pictures as the loss takes them
    features: np.ndarray  # of the training pictures, before training
    shift: np.ndarray


def planned(backbone: Backbone, images: Images, task: str, how: Recipe) -> Planned:
    """A network, pictures, and how the one is tuned for the other."""
    of = parts(images, task, how.samples)
    backbone = backbone._replace(preprocessing=at_most(backbone.preprocessing, how.pixels))
    divided = cut(backbone, how.tune, how.batch)
    about = {
        "model": backbone.name,
        "dataset": images.name,
        "task": task,
        "tune": how.tune,
        "rates": listed(how.rates),
        "epochs": how.epochs,
        "batch": how.batch,
        "pixels": backbone.preprocessing.size,
        "train": len(of.train.answers),
        "test": len(of.test.answers),
        "params": divided.size,
        "weights": backbone.digest[:16],
        "data": images.version[:16],
    }
    return Planned(about, how, of, divided, backbone.preprocessing)


def prepare(plan: Planned, decode: Decode = decoded) -> Prepared:
    """Decode the pictures, and run what is frozen."""
    train, test = (
        decode(part.images, plan.preprocessing) for part in (plan.parts.train, plan.parts.test)
    )
    if plan.recipe.tune != "all":
        train, test = (frozen_maps(plan.cut, each, plan.recipe.batch) for each in (train, test))
    run = trainer(plan.cut, plan.parts.goal, plan.recipe.batch)
    features = run.features(train)
    wanted = encoded(plan.parts.goal, plan.parts.train.answers)
    return Prepared(run, train, test, wanted, features, shift_of(features))
