"""Rates tried: a network trained at each, measured on validation and test pictures."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from .goals import measure
from .parts import VALIDATION, drawn, groups_of
from .planned import Planned, Prepared
from .saved import Saved, load, save
from .training import State, order_of, rates_of

Step = Callable[[str, int], None]  # what is trained, and how many epochs more


def trials(
    plan: Planned,
    ready: Prepared,
    about: dict[str, Any],
    rates: Sequence[float],
    *,
    keep: Path | None,
    step: Step,
) -> dict[float, list[float]]:
    """Validation and test at each rate, NaN where it diverged.

    With ``keep`` the state is in that file after each epoch, and a run of the same ``about`` goes
    on from there.
    """
    seed, answers = about["seed"], plan.parts.train.answers
    held = drawn(groups_of(plan.parts.goal.task, answers), VALIDATION, seed=seed)
    rest = np.flatnonzero(~held)
    measured = [
        (ready.train[held], answers[held]),
        (ready.test, plan.parts.test.answers),
    ]
    start = partial(ready.trainer.start, ready.features)
    saved = load(keep, about, jax.eval_shape(start))
    done = dict(saved.trials)
    for rate in rates:
        name, epochs = f"{about['model']}, seed {seed}, rate {rate:g}", plan.recipe.epochs
        if str(rate) in done:
            step(name, epochs)
            continue
        if saved.rate == str(rate):
            state, first = saved.state, saved.epoch
            step(name, first)
        else:
            state, first = start(), 0
        for epoch in range(first, epochs):
            state = _epoch(plan, ready, state, rest, rate, seed, epoch)
            if keep is not None:
                save(keep, about, Saved(done, str(rate), epoch + 1, state))
            if not np.isfinite(np.asarray(state.weights[2])).all():
                step(name, epochs - epoch)
                break
            step(name, 1)
        done[str(rate)] = [
            measure(plan.parts.goal, ready.trainer.outputs(state, ready.shift, maps), given)
            for maps, given in measured
        ]
        if keep is not None:
            save(keep, about, Saved(done))
    return {rate: done[str(rate)] for rate in rates}


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
