"""A race: all models on a few samples, the better ones on more, until one is left.

In each round the models that are left see as many samples again as in all rounds before, and are
scored on all that they have seen. One that lies behind the leader by more than t standard errors of
their difference (`scoring.jackknife`) is dropped, with t of Student's distribution. The race ends
with one model, without further samples or memory for them, or at a time. The same seed gives the
same race.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from disco_jax.errors import InputError
from disco_jax.features import FeatureSet, joined
from disco_jax.progress import Failed, Progress

from .jackknife import TooLarge, jackknife, standard_error

CONFIDENCE = 0.95  # of the interval of a difference
FIRST, OF_CLASS = 50, 2  # samples of the first round: at least 50, and 2 of each class


class Round(NamedTuple):
    """What happened in a round."""

    samples: int  # that each model has seen by then
    models: tuple[str, ...]
    leader: str
    behind: dict[str, float]  # model -> by how many standard errors, infinite for no doubt at all
    dropped: tuple[str, ...]


class Race(NamedTuple):
    """The rounds, and the features of the models that ran in the last one."""

    rounds: tuple[Round, ...]
    features: dict[str, FeatureSet]
    samples: int
    models: int
    ended: str
    counted: str  # what a sample costs of each model that sees it

    @property
    def passes(self) -> int:
        """How many samples models have seen, in all rounds and all models together."""
        seen, total = 0, 0
        for each in self.rounds:
            total += (each.samples - seen) * len(each.models)
            seen = each.samples
        return total

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rounds": [
                {
                    "samples": each.samples,
                    "models": list(each.models),
                    "leader": each.leader,
                    "dropped": list(each.dropped),
                }
                for each in self.rounds
            ],
            "passes": self.passes,
            "all_passes": self.samples * self.models,
            "counted": self.counted,
            "ended": self.ended,
        }


def race(
    models: Sequence[str],
    of: Callable[[Sequence[str], np.ndarray, int], Mapping[str, FeatureSet]],
    classes: np.ndarray,
    task: str,
    metric: str,
    seconds: float | None = None,
    seed: int = 0,
    memory: float | None = None,
    failed: Failed | None = None,
    progress: Progress | None = None,
    resume: Path | None = None,
    counted: str = "forward passes",
) -> Race:
    """Race models, given what makes the features of some models on the samples at some places.

    A model of which there are none is out of the race, and with `failed`, which is then called, one
    that cannot be scored. `resume` is a folder that keeps the scores of each round.
    """
    start, order = time.monotonic(), shuffled(classes, seed)
    first = max(FIRST, OF_CLASS * len(np.unique(classes)))
    running, features, rounds, seen = list(models), dict[str, FeatureSet](), list[Round](), 0
    ended = "all samples were seen"
    for size in sizes(len(order), first):
        found = of(running, order[seen:size], seen)
        if not found:
            raise InputError("hub", "models", "none could be run", "run one alone to see why")
        larger = {
            name: joined(features[name], more) if seen else more for name, more in found.items()
        }
        plain = {name: replace(each, layers={}) for name, each in larger.items()}
        kept = None if resume is None else resume / str(size)
        how: dict[str, Any] = {"failed": failed, "progress": progress, "resume": kept}
        try:
            scored = jackknife(plain, metric, task, memory=memory, **how)
        except TooLarge:
            if not rounds:
                raise
            ended = "more samples did not fit into memory"
            break
        rounds.append(judged(size, *scored))
        features = {name: larger[name] for name in rounds[-1].models}
        running = [name for name in features if name not in rounds[-1].dropped]
        seen = size
        if len(running) == 1:
            ended = "one model was left"
            break
        if seconds is not None and time.monotonic() - start > seconds and seen < len(order):
            ended = "the time was over"
            break
    return Race(tuple(rounds), features, len(order), len(models), ended, counted)


def judged(samples: int, scores: Mapping[str, float], parts: Mapping[str, np.ndarray]) -> Round:
    """Who lies too far behind the leader; a score that is no number lies infinitely far."""
    from scipy.stats import t as student

    scores = {model: value if np.isfinite(value) else -np.inf for model, value in scores.items()}
    leader = max(scores, key=lambda model: scores[model])
    far = student.ppf((1 + CONFIDENCE) / 2, len(parts[leader]) - 1)
    behind = {}
    for model, value in scores.items():
        error = standard_error(parts[leader], parts[model])
        gap = 0.0 if value == scores[leader] else scores[leader] - value
        behind[model] = gap / error if error > 0 and np.isfinite(gap) else np.inf if gap else 0.0
    dropped = tuple(model for model, errors in behind.items() if errors > far)
    return Round(samples, tuple(scores), leader, behind, dropped)


def require_raceable(task: str, where: str) -> None:
    """An InputError for what is not raced."""
    if task == "detection":
        problem = "boxes are not raced"
        raise InputError(where, "race", problem, "leave it out, or choose another task")


def sizes(samples: int, first: int) -> list[int]:
    """How many samples have been seen after each round: twice as many each time."""
    found = [min(first, samples)]
    while found[-1] < samples:
        found.append(min(2 * found[-1], samples))
    return found


def shuffled(classes: np.ndarray, seed: int) -> np.ndarray:
    """An order in which every part has about the same share of each class."""
    rng = np.random.default_rng(seed)
    place, shuffle = np.empty(len(classes)), rng.permutation(len(classes))
    for one in np.unique(classes):
        members = shuffle[classes[shuffle] == one]
        place[members] = (np.arange(len(members)) + rng.random(len(members))) / len(members)
    return np.argsort(place, kind="stable")
