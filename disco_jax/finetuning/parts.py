"""The pictures of a run: training, validation and test, decoded once.

Test pictures are those of the split of that name; of data without splits a quarter of each class,
drawn once. A fifth of each class of the others is for validation, drawn by the seed of the run.
Where answers are real, all are one class.
"""

from typing import NamedTuple

import numpy as np

from disco_jax.data import Images, Preprocessing, batches
from disco_jax.errors import InputError

from .goals import Goal, answers, goal

TEST, VALIDATION = 1 / 4, 1 / 5
SMALLEST = 8  # pictures of a split


class Part(NamedTuple):
    """Pictures with their answers."""

    images: Images
    answers: np.ndarray


class Parts(NamedTuple):
    """All pictures of a data set, and what is learnt from them."""

    train: Part  # validation among them
    test: Part
    goal: Goal


def parts(images: Images, task: str, samples: int | None) -> Parts:
    """Both splits with answers, about ``samples`` to train at most.

    Raises:
        ValueError: One line: no test pictures, too few, or all of one class.
    """
    if task == "detection":
        assert images.box_image is not None
        images = images.take(np.unique(images.box_image))
    codes = answers(images, task)
    if task == "classification":
        names, codes = np.unique(codes, return_inverse=True)
        if len(names) < 2:
            problem = f"all are one class, {names[0]}"
            raise InputError(images.name, "labels", problem, "classification needs two or more")
    groups = groups_of(task, codes)
    at = _places(images, groups)
    at["train"] = few(at["train"], groups[at["train"]], samples)
    for split, where in at.items():
        if len(where) < SMALLEST:
            problem = f"{len(where)} pictures to {split}"
            raise InputError(images.name, "images", problem, f"give {SMALLEST} or more")
    train, test = (Part(images.take(where), codes[where]) for where in at.values())
    return Parts(train, test, goal(task, codes if task == "classification" else train.answers))


def _places(images: Images, groups: np.ndarray) -> dict[str, np.ndarray]:
    if images.splits is None:
        test = drawn(groups, TEST, seed=0)
        return {"train": np.flatnonzero(~test), "test": np.flatnonzero(test)}
    known = sorted(set(images.splits.tolist()))
    for split in ("train", "test"):
        if split not in known:
            problem = f"there is no {split!r}, only {', '.join(known)}"
            raise InputError(images.name, "split", problem, "name the parts train and test")
    return {split: np.flatnonzero(images.splits == split) for split in ("train", "test")}


def groups_of(task: str, answers: np.ndarray) -> np.ndarray:
    """What parts are drawn within: classes, or all pictures together."""
    return answers if task == "classification" else np.zeros(len(answers), int)


def few(where: np.ndarray, groups: np.ndarray, samples: int | None) -> np.ndarray:
    """About so many places, each group in proportion."""
    if samples is None or len(where) <= samples:
        return where
    return where[drawn(groups, samples / len(where), seed=0)]


def drawn(groups: np.ndarray, share: float, *, seed: int) -> np.ndarray:
    """A share of each group at random, (n,) bool; one of each group stays undrawn.

    What does not divide is rounded at random, so that the whole has its share of small groups too.
    """
    rng = np.random.default_rng(seed)
    found = np.zeros(len(groups), bool)
    for group in np.unique(groups):
        members = rng.permutation(np.flatnonzero(groups == group))
        many = int(share * len(members) + rng.random())
        found[members[: min(many, len(members) - 1)]] = True
    return found


def decoded(images: Images, how: Preprocessing) -> np.ndarray:
    """uint8 (n, s, s, 3)."""
    return np.concatenate(list(batches(images, how, 64)))
