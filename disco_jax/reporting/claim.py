"""The answer in one sentence, for the heading of the page, its title and the command line.

The leading scores are the first four. Where they do not agree on the first model, that comes first,
and none of their winners. Otherwise it is the first model, and how sure its place is: not told
apart from others, or in which share of the resamples it is first.
"""

from collections.abc import Mapping
from typing import Any

from disco_jax.results import EXPECTED

from .rankings import Ranking, rankings
from .scales import percent

LEADING = 4  # scores whose first models are compared
NAMED = 4  # so many models are listed by name, more are counted


class Model(str):
    """A part of a sentence that names a model."""

    __slots__ = ()


class Spec(str):
    """A part of a sentence that names a metric."""

    __slots__ = ()


def verdict(result: Mapping[str, Any]) -> str:
    """The sentence as plain text, for what `disco-jax score --format json` writes."""
    return "".join(claim(rankings(result))) + "."


def claim(found: list[Ranking]) -> list[str]:
    """The parts of the sentence, without its full stop."""
    first = leaders(found[0]) if found else []
    if not first:
        return ["There is no ranking"]
    if len(found[0].scores) == 1:
        return [Model(first[0]), " is the only model scored by ", Spec(found[0].spec)]
    if disagree(found):
        return ["The scores disagree on the first model: ", *_firsts(found)]
    verb = " ranks first" if len(first) == 1 else " share the first place"
    of = f"{verb} of {len(found[0].scores)} models by "
    return [*names(first), of, Spec(found[0].spec), *_sure(found[0], first)]


def leaders(ranking: Ranking) -> list[str]:
    """The first model, or those that share its score."""
    return [model for model in ranking.models if ranking.places.get(model) == 1]


def disagree(found: list[Ranking]) -> bool:
    """Whether no model is first by all of the leading scores, and none joins the others."""
    if found and found[0].spec == EXPECTED:
        return False
    first = [set(leaders(ranking)) for ranking in _leading(found)]
    return bool(first) and not set.intersection(*first)


def names(models: list[str]) -> list[str]:
    """`a, b and c`; of many the first, and how many others."""
    shown: list[str] = [Model(model) for model in models]
    if len(shown) > NAMED:
        shown = [*shown[: NAMED - 1], f"{len(models) - NAMED + 1} others"]
    return _listed([[part] for part in shown])


def _leading(found: list[Ranking]) -> list[Ranking]:
    return [ranking for ranking in found[:LEADING] if leaders(ranking)]


def _firsts(found: list[Ranking]) -> list[str]:
    """`a and b put x first; c puts y first`."""
    by_first: dict[tuple[str, ...], list[str]] = {}
    for ranking in _leading(found):
        by_first.setdefault(tuple(leaders(ranking)), []).append(Spec(ranking.spec))
    told: list[str] = []
    for models, specs in by_first.items():
        verb = " puts " if len(specs) == 1 else " put "
        told += ["; "] if told else []
        told += [*_listed([[spec] for spec in specs]), verb, *names(list(models)), " first"]
    return told


def _sure(ranking: Ranking, first: list[str]) -> list[str]:
    tied = [model for model in ranking.ties.get(first[0], []) if model not in first]
    if tied:
        return [", but cannot be told apart from ", *names(tied)]
    if len(first) == 1 and ranking.stays_first is not None:
        return [f", in {percent(ranking.stays_first)} of the resamples"]
    return []


def _listed(parts: list[list[str]]) -> list[str]:
    """Parts with commas between them, and `and` before the last."""
    listed: list[str] = []
    for place, part in enumerate(parts):
        between = "" if place == 0 else " and " if place == len(parts) - 1 else ", "
        listed += [between, *part]
    return [part for part in listed if part]
