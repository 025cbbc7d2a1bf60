"""What is learnt, by task: the answers, the loss of a batch, and the measure on other data.

    classification  labels         cross-entropy          share of right answers
    regression      targets        mean squared error     R^2, the mean over the targets
    detection       largest box    mean squared error     mean intersection over union

Real answers are standardised by those of the training pictures. Classes are counted up to a
multiple of 64, those that do not exist at probability 0, so that few programs serve all data.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from disco_jax.data import Images
from disco_jax.errors import InputError

WIDTH = 64


class Goal(NamedTuple):
    """A task with the numbers that its answers are standardised by."""

    task: str
    outputs: int  # numbers per picture
    real: int  # of them, the classes or targets there are
    mean: np.ndarray
    deviation: np.ndarray


def answers(images: Images, task: str) -> np.ndarray:
    """Classes (n,) as they are named, or real values (n, t)."""
    if task == "classification":
        labels = np.asarray(images.labels)
        if labels.ndim > 1:
            problem = "several labels per picture"
            raise InputError(images.name, "labels", problem, "give one class per picture")
        return labels
    if task == "regression":
        targets = np.asarray(images.targets, np.float64)
        targets = targets if targets.ndim > 1 else targets[:, None]
        if not np.isfinite(targets).all():
            place = images.ids[np.argmin(np.isfinite(targets).all(1))]
            raise InputError(
                images.name, "targets", f"image {place} has none that is finite", "leave it out"
            )
        return targets
    return _largest(images)


def goal(task: str, train: np.ndarray) -> Goal:
    """What is learnt from the answers of the training pictures."""
    if task == "classification":
        classes = int(train.max()) + 1
        return Goal(task, -(-classes // WIDTH) * WIDTH, classes, np.zeros(1), np.ones(1))
    deviation = train.std(0)
    spread = np.where(deviation > 0, deviation, 1)
    return Goal(task, train.shape[1], train.shape[1], train.mean(0), spread)


def encoded(goal: Goal, values: np.ndarray) -> np.ndarray:
    """Answers as the loss takes them."""
    if goal.task == "classification":
        return values.astype(np.int32)
    return ((values - goal.mean) / goal.deviation).astype(np.float32)


def loss(task: str, outputs: jax.Array, wanted: jax.Array, real: Any, where: Any) -> jax.Array:
    """Mean over the rows of outputs (b, k) that ``where`` (b,) counts."""
    if task == "classification":
        exists = jnp.arange(outputs.shape[1], dtype=jnp.int32) < real
        logits = jnp.where(exists[None], outputs, -jnp.inf)
        each = optax.softmax_cross_entropy_with_integer_labels(logits, wanted)
    else:
        each = jnp.mean(jnp.square(outputs - wanted), 1)
    return jnp.sum(each * where) / jnp.sum(where)


def measure(goal: Goal, outputs: np.ndarray, wanted: np.ndarray) -> float:
    """How good outputs (n, k) are; not finite where they are not."""
    outputs = outputs[:, : goal.real]
    if not np.isfinite(outputs).all():
        return float("nan")
    if goal.task == "classification":
        return float(np.mean(outputs.argmax(1) == wanted))
    found = outputs * goal.deviation + goal.mean
    if goal.task == "detection":
        return float(np.mean(_overlap(found, wanted)))
    missed = np.sum((found - wanted) ** 2, 0)
    spread = np.sum((wanted - wanted.mean(0)) ** 2, 0)
    return float(np.mean(1 - missed / np.where(spread > 0, spread, 1)))


def constant(goal: Goal, train: np.ndarray, test: np.ndarray) -> float:
    """The measure of the best constant answer: what a run that diverged has learnt."""
    if goal.task == "classification":
        return float(np.mean(test == np.bincount(train).argmax()))
    return measure(goal, np.zeros((len(test), goal.real)), test)


def _largest(images: Images) -> np.ndarray:
    """The largest box (n, 4) of each picture."""
    boxes, of = np.asarray(images.boxes, np.float64), images.box_image
    assert of is not None
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.lexsort((area, of))
    last = np.append(of[order][1:] != of[order][:-1], True)
    found = np.full((len(images), 4), np.nan)
    found[of[order][last]] = boxes[order][last]
    if np.isnan(found).any():
        place = images.ids[np.argmax(np.isnan(found[:, 0]))]
        raise InputError(images.name, "boxes", f"image {place} has none", "leave it out")
    return found


def _overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (n, 4), row by row."""
    sides = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    both = np.prod(np.maximum(sides, 0), 1)
    areas = [np.prod(np.maximum(box[:, 2:] - box[:, :2], 0), 1) for box in (a, b)]
    union = areas[0] + areas[1] - both
    return both / np.where(union > 0, union, 1)
