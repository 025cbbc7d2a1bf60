"""How a network is fine-tuned: everything that its accuracy depends on beside network and data."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from disco_jax.errors import InputError

TUNED = ("all", "block", "head")
EPOCHS = {"all": 10, "block": 20, "head": 100}  # frozen parts run once, so later ones are cheap
RATES = (3e-4, 1e-3, 3e-3)


class Recipe(NamedTuple):
    """Adam, a cosine decay to 0, no augmentation; see `training`."""

    tune: str = "all"  # or the last block, or the head only
    epochs: int = EPOCHS["all"]
    batch: int = 32
    rates: tuple[float, ...] = RATES  # the best on a fifth of the training pictures is taken
    pixels: int | None = None  # at most; the network's own size where that is smaller
    samples: int | None = None  # to train, about so many at most
    seeds: int = 1  # how many runs; the rates are tried with the first


def recipe(
    tune: str = "all",
    *,
    epochs: int | None = None,
    batch: int = 32,
    rates: Sequence[float] | None = None,
    pixels: int | None = None,
    samples: int | None = None,
    seeds: int = 1,
) -> Recipe:
    """A recipe that can be followed.

    Raises:
        ValueError: One line that says what is wrong with it.
    """
    if tune not in TUNED:
        raise InputError("finetune", "tune", f"{tune!r} is unknown", f"choose {', '.join(TUNED)}")
    rates = RATES if rates is None else rates
    if not rates or not all(math.isfinite(rate) and rate > 0 for rate in rates):
        raise InputError("finetune", "rates", f"{rates} are no rates", "give numbers above 0")
    if len(set(rates)) < len(rates):
        raise InputError("finetune", "rates", "one is there twice", "give each once")
    sizes = {"epochs": epochs, "batch": batch, "pixels": pixels}
    sizes |= {"samples": samples, "seeds": seeds}
    for name, value in sizes.items():
        if value is not None and value < 1:
            raise InputError("finetune", name, f"{value}", "give 1 or more")
    return Recipe(tune, epochs or EPOCHS[tune], batch, tuple(sorted(rates)), pixels, samples, seeds)


def epochs_of(how: Recipe) -> int:
    """How many there are in all runs of a network on one data set."""
    return how.epochs * (len(how.rates) + how.seeds - 1)
