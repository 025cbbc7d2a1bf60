"""What successive halving would have chosen: `python -m bench.truth.halving FILE`.

FILE is what `disco-jax finetune` wrote for several sets, with learning curves. For each set the
others are the history, and networks are dropped as `finetune --select` drops them, at the rate of
their run:

    validation   by the validation so far
    predicted    by what `finetuning.convergence` predicts
    mean         by the mean accuracy of the same group of curves, as in arXiv 2404.00069

A line for each set: the epochs of all that are run, and the accuracy lost by each choice.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from disco_jax.finetuning import Run, read_runs
from disco_jax.finetuning.convergence import GROUPS, Curve, predicted
from disco_jax.finetuning.halving import best, halvings, planned_epochs
from disco_jax.finetuning.runs import numbers

Promise = Callable[[list[float], int, list[Curve]], float]


def mean(curve: list[float], epochs: int, past: list[Curve]) -> float:
    """The accuracy of the group that `predicted` takes: its prediction for a rise from nothing."""
    if not past:
        return curve[-1]
    level = predicted(curve, epochs, [(values, 0.0) for values, _ in past])
    return predicted(curve, epochs, past) - level


WAYS: dict[str, Promise] = {
    "validation": lambda curve, epochs, past: curve[-1],
    "predicted": predicted,
    "mean": mean,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.truth.halving", description=__doc__)
    parser.add_argument("file", type=Path)
    runs = [run for run in read_runs(parser.parse_args().file) if run.seed == 0 and run.curve]
    print("set", "epochs", *WAYS, f"({GROUPS} groups)")
    for name in dict.fromkeys(run.dataset for run in runs):
        now = [run for run in runs if run.dataset == name]
        past = [run for run in runs if run.dataset != name]
        top, epochs = max(run.accuracy for run in now), now[0].epochs
        lost = [top - left(now, past, epochs, way).accuracy for way in WAYS.values()]
        share = planned_epochs(len(now), epochs, 1) / (len(now) * epochs)
        print(name, f"{share:.0%}", *(f"{value:.3f}" for value in lost), flush=True)


def left(now: list[Run], past: list[Run], epochs: int, promise: Promise) -> Run:
    """The run of the network that is left; of two alike the one with the better validation."""
    every = [(numbers(run.curve), run.accuracy) for run in past]
    inside = {run.model: run for run in now}
    for until, many in halvings(len(now), epochs).items():
        promised = {}
        for run in inside.values():
            own = [c for c, other in zip(every, past, strict=True) if other.model == run.model]
            curve = numbers(run.curve)[:until]
            value = promise(curve, epochs, own or every)
            promised[run.model] = value + 1e-9 * curve[-1] if np.isfinite(value) else value
        inside = {name: inside[name] for name in best(promised, many)}
    (run,) = inside.values()
    return run


if __name__ == "__main__":
    main()
