"""Rates tried: a network trained at each, measured on validation and test pictures."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from .goals import measure
from .parts import VALIDATION, drawn, groups_of
from .planned import Planned, Prepared
from .saved import Saved, load, save
from .training import State, order_of, rates_of

Step = Callable[[str, int], None]  # what is trained, and how many epochs more


class Trial(NamedTuple):
    """A network trained at one rate."""

    curve: Sequence[float]  # validation after each epoch; it ends early where the weights diverged
    accuracy: float  # on the test pictures

    @property
    def validation(self) -> float:
        """Of the last weights."""
        return self.curve[-1]


def trials(
    plan: Planned,
    ready: Prepared,
    about: dict[str, Any],
    rates: Sequence[float],
    *,
    keep: Path | None,
    step: Step,
) -> dict[float, Trial]:
    """A trial of each rate, NaN where it diverged.

    With ``keep`` the state is in that file after each epoch, and a run of the same ``about`` goes
    on from there.
    """
    seed, epochs = about["seed"], plan.recipe.epochs
    saved = load(keep, about, jax.eval_shape(partial(ready.trainer.start, ready.features)))
    done = dict(saved.trials)
    for rate in rates:
        name = f"{about['model']}, seed {seed}, rate {rate:g}"
        if str(rate) in done:
            step(name, epochs)
            continue
        now = saved if saved.rate == str(rate) else Saved(done, str(rate))
        if now.curve:
            step(name, len(now.curve))

        def after(now: Saved, name: str = name) -> None:
            if keep is not None:
                save(keep, about, now)
            step(name, 1)

        now = trained(plan, ready, seed, rate, now, epochs, after)
        if len(now.curve) < epochs:
            step(name, epochs - len(now.curve))
        done[str(rate)] = [now.curve, tested(plan, ready, now.state)]
        if keep is not None:
            save(keep, about, Saved(done))
    return {rate: Trial(*done[str(rate)]) for rate in rates}


def trained(
    plan: Planned,
    ready: Prepared,
    seed: int,
    rate: float,
    now: Saved,
    until: int,
    after: Callable[[Saved], None],
) -> Saved:
    """What is saved goes on to epoch ``until``, or until its weights are not finite.

    ``after`` is called with what there is after each epoch.
    """
    answers = plan.parts.train.answers
    held = drawn(groups_of(plan.parts.goal.task, answers), VALIDATION, seed=seed)
    rows, maps = np.flatnonzero(~held), ready.train[held]
    state = now.state if now.curve else ready.trainer.start(ready.features)
    for epoch in range(len(now.curve), until):
        if not np.isfinite(np.asarray(state.weights[2])).all():
            break
        state = _epoch(plan, ready, state, rows, rate, seed, epoch)
        outputs = ready.trainer.outputs(state, ready.shift, maps)
        validation = measure(plan.parts.goal, outputs, answers[held])
        now = now._replace(curve=(*now.curve, validation), state=state)
        after(now)
    return now


def tested(plan: Planned, ready: Prepared, state: State) -> float:
    """The measure on the test pictures."""
    outputs = ready.trainer.outputs(state, ready.shift, ready.test)
    return measure(plan.parts.goal, outputs, plan.parts.test.answers)


def _epoch(
    plan: Planned,
    ready: Prepared,
    state: State,
    rows: np.ndarray,
    rate: float,
    seed: int,
    epoch: int,
) -> State:
    """The state after one more epoch over some rows."""
    steps = -(-len(rows) // plan.recipe.batch)
    return ready.trainer.epoch(
        state,
        ready.shift,
        ready.train,
        ready.wanted,
        rows[order_of(len(rows), seed, epoch)],
        rates_of(rate, epoch, plan.recipe.epochs, steps),
    )
