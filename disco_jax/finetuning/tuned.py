"""A network fine-tuned on pictures: the accuracy that scores should predict."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from disco_jax.backbones import Backbone
from disco_jax.data import Images
from disco_jax.extraction import task_of
from disco_jax.progress import Progress

from .goals import constant
from .parts import decoded
from .planned import Decode, Planned, Prepared, planned, prepare
from .recipe import epochs_of, recipe
from .runs import DIVERGED, DONE, Run, listed, versions
from .trials import Step, Trial, trials


def finetune(
    backbone: Backbone,
    images: Images,
    *,
    task: str | None = None,
    tune: str = "all",
    seeds: int = 1,
    epochs: int | None = None,
    batch: int = 32,
    rates: Sequence[float] | None = None,
    pixels: int | None = None,
    samples: int | None = None,
    progress: Progress | None = None,
) -> list[Run]:
    """Fine-tune a network, once for each seed.

    Rates are tried with seed 0, and the one that is best on a fifth of the training pictures is
    taken for all seeds. The accuracy is that of the last weights on the test pictures.

    Args:
        backbone: The network; it is not changed.
        images: Pictures of both splits, as `open_images(source, "all")` gives them.
        task: classification, regression or detection; inferred where the data leave no choice.
        tune: all of the network, its last block, or the head only.
        seeds: How many runs; a seed draws the validation pictures and the order of batches.
        epochs: Passes over the training pictures; 10 for all, 20 for block, 100 for head.
        batch: Pictures in a step.
        rates: Learning rates to try; see `recipe.RATES`.
        pixels: The side of the pictures at most; the network's own where that is smaller.
        samples: About so many pictures to train at most.
        progress: Called after each epoch with what is trained, epochs done, and how many there are.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    how = recipe(
        tune, epochs=epochs, batch=batch, rates=rates, pixels=pixels, samples=samples, seeds=seeds
    )
    plan = planned(backbone, images, task_of(images, task), how)
    return list(runs(plan, step=counted(progress, epochs_of(how))))


def runs(
    plan: Planned,
    *,
    known: Mapping[int, Run] = MappingProxyType({}),
    keep: Path | None = None,
    decode: Decode = decoded,
    step: Step,
) -> Iterator[Run]:
    """A run for each seed; those that are ``known``, by seed, are not done again."""
    rates: Sequence[float] = plan.recipe.rates
    ready: Prepared | None = None
    for seed in range(plan.recipe.seeds):
        about = {**plan.about, "seed": seed}
        if (run := known.get(seed)) is None:
            ready = ready or prepare(plan, decode)
            found = trials(plan, ready, about, rates, keep=keep, step=step)
            run = row(plan, about, found)
        else:
            step(run.model, plan.recipe.epochs * len(rates))
        rates = (run.rate,)
        yield run


def counted(progress: Progress | None, total: int) -> Step:
    """Epochs added up for whoever shows them."""
    done = 0

    def step(what: str, more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(what, done, total)

    return step


def row(plan: Planned, about: dict[str, Any], found: Mapping[float, Trial]) -> Run:
    """The row of a run, from the trial of each rate."""
    finite = [rate for rate, trial in found.items() if math.isfinite(trial.validation)]
    if finite:
        rate = max(finite, key=lambda rate: found[rate].validation)  # the smaller one of two alike
        validation, accuracy = found[rate].validation, found[rate].accuracy
    else:
        rate, validation = next(iter(found)), math.nan
        accuracy = constant(plan.parts.goal, plan.parts.train.answers, plan.parts.test.answers)
    return Run(
        **about,
        accuracy=accuracy,
        status=DONE if finite else DIVERGED,
        rate=rate,
        validation=validation,
        validations=listed([trial.validation for trial in found.values()]),
        versions=versions(),
        curve=listed(found[rate].curve),
    )
