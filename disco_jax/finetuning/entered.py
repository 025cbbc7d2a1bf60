"""A network that takes part in a selection: trained at some rates, so far as it is asked for.

The run at each rate is kept in a file of its own, with its state while it may go on, and then with
its learning curve alone.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax

from .planned import Planned, Prepared
from .saved import Saved, load, save
from .trials import Step, Trial, tested, trained


class Entered(NamedTuple):
    """A network with what it is trained on."""

    plan: Planned
    about: dict[str, Any]  # what its runs are of
    ready: Callable[[], Prepared]  # made when it is first asked for, and kept
    folder: Path

    @property
    def name(self) -> str:
        """Of the network."""
        return str(self.about["model"])

    def file(self, rate: float) -> Path:
        """Where the run at a rate is kept."""
        key = json.dumps([self.about, rate]).encode()
        return self.folder / f"{hashlib.sha256(key).hexdigest()[:16]}.npz"


def reached(of: Entered, rate: float, since: int, until: int, step: Step) -> tuple[float, ...]:
    """The learning curve to epoch ``until``, of which the part from ``since`` on is announced."""
    name, announced = f"{of.name}, rate {rate:g}", 0

    def after(_: Saved) -> None:
        nonlocal announced
        announced += 1
        step(name, 1)

    curve = load(of.file(rate), of.about, None).curve
    if len(curve) < until and not (curve and math.isnan(curve[-1])):
        curve = _trained(of, rate, until, after).curve
    if announced < until - since:
        step(name, until - since - announced)
    return curve[:until]


def finished(of: Entered, rate: float) -> Trial:
    """The whole run, with its accuracy on the test pictures."""
    now = _trained(of, rate, of.plan.recipe.epochs, lambda _: None)
    return Trial(now.curve, tested(of.plan, of.ready(), now.state))


def forget(of: Entered, rates: Iterable[float]) -> None:
    """Keep the learning curves only."""
    for rate in rates:
        now = load(of.file(rate), of.about, None)
        save(of.file(rate), of.about, now._replace(state=None))


def _trained(of: Entered, rate: float, until: int, after: Callable[[Saved], None]) -> Saved:
    """From what is kept; from the start where that has no state."""
    ready, file = of.ready(), of.file(rate)

    def kept(now: Saved) -> None:
        save(file, of.about, now)
        after(now)

    now = load(file, of.about, jax.eval_shape(partial(ready.trainer.start, ready.features)))
    begun = now if now.curve else Saved({}, str(rate))
    return trained(of.plan, ready, of.about["seed"], rate, begun, until, kept)
