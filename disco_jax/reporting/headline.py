"""The answer: which model is first by the first metric, and how sure that is."""

from collections.abc import Mapping
from typing import Any

from disco_jax.results import EXPECTED

from .claim import NAMED, Model, Spec, claim, disagree, leaders, names
from .markup import Html, join, joined, listing, name_of, shortened, spec_of, tag
from .rankings import Ranking, accuracies, part
from .scales import finite, number, percent, shared_format

LONGEST = 60  # a longer name is cut in the middle


def title(found: list[Ranking]) -> str:
    """The answer as plain text."""
    parts = claim(found)
    return "".join(shortened(p, LONGEST) if isinstance(p, Model) else p for p in parts)


def headline(result: Mapping[str, Any], found: list[Ranking]) -> Html:
    """The heading of the page, with the sentences beneath."""
    first = leaders(found[0]) if found else []
    if not first:
        return join(
            tag("h1", "There is no ranking"),
            tag("p", "No model has a score.", class_="intro"),
        )
    sentences = [_sure(found, first), _others(found, first), _truth(result, found, first)]
    return join(
        tag("h1", _shown(claim(found))),
        tag("p", joined(" ", sentences), class_="intro"),
    )


def _shown(parts: list[str]) -> Html:
    """Parts of a sentence, names of models and metrics as they are marked everywhere."""
    return join(*(_part(part) for part in parts))


def _part(part: str) -> str:
    if isinstance(part, Model):
        return _name(part)
    return spec_of(part) if isinstance(part, Spec) else part


def _names(models: list[str]) -> Html:
    return _shown(names(models))


def _name(model: str) -> Html:
    return name_of(shortened(model, LONGEST))


def _sure(found: list[Ranking], first: list[str]) -> Html:
    """How sure the order by the first metric is."""
    ranking, form, one = found[0], found[0].form, first[0]
    value = tag("b", number(ranking.scores[one], form))
    says = join("The score is ", value)
    if disagree(found):
        says = join("The score of ", _name(one), " by ", spec_of(ranking.spec), " is ", value)
    if one in ranking.intervals:
        low, high = (number(end, form) for end in ranking.intervals[one])
        over = f" over {ranking.resamples} resamples" if ranking.resamples else ""
        says = join(says, f", with a {ranking.coverage} interval of {low} to {high}{over}")
    if len(ranking.scores) == 1:
        return join(says, ".")
    second = next(model for model in ranking.models[1:] if model in ranking.scores)
    if ranking.first_ahead is not None:
        ahead = tag("b", percent(ranking.first_ahead))
        says = join(says, ". It is ahead of ", _name(second), " in ", ahead, " of the resamples")
    elif len(first) == 1:
        behind = number(ranking.scores[second], form)
        says = join(says, "; next is ", _name(second), f" with {behind}")
    tied = [model for model in ranking.ties.get(one, []) if model != one]
    if tied:
        return join(says, ". Resampling does not tell it apart from ", _names(tied), ".")
    if ranking.spec == EXPECTED:
        return join(says, ".")
    if ranking.intervals:
        return join(says, " and tied with no other model.")
    return join(says, ". Nothing was resampled, so how sure the order is remains open.")


def _others(found: list[Ranking], first: list[str]) -> Html | None:
    """Which of the other metrics agree on the first model."""
    others = [(r.spec, theirs) for r in found[1:] if (theirs := leaders(r))]
    if not others or len(found[0].scores) < 2:
        return None
    agree = [spec for spec, theirs in others if set(theirs) & set(first)]
    if len(others) > NAMED:
        return Html(f"{len(agree)} of the {len(others)} other metrics have the same first model.")
    if disagree(found) and len(others) < NAMED:
        return None  # the heading says it
    same = join(listing([spec_of(s) for s in agree]), " agrees" if len(agree) == 1 else " agree")
    differ = [
        join(spec_of(spec), " puts ", _names(theirs), " first")
        for spec, theirs in others
        if spec not in agree
    ]
    return join(listing([*([same] if agree else []), *differ]), ".")


def _truth(result: Mapping[str, Any], found: list[Ranking], first: list[str]) -> Html | None:
    """What the choice is worth, where accuracies on one dataset are known."""
    tables = accuracies(result)
    if len(tables) != 1:
        return None
    [(dataset, truth)] = tables.items()
    if first[0] not in truth:
        return None
    its = join("The accuracy of ", _name(first[0])) if disagree(found) else "Its accuracy"
    best, form = max(truth, key=lambda model: truth[model]), shared_format(truth.values())
    mine = number(truth[first[0]], form)
    if truth[best] == truth[first[0]]:
        return join(its, " on ", _name(dataset), f", {mine}, is the best of the hub.")
    return join(
        its, " on ", _name(dataset), f" is {mine}; the best of the hub is ",
        _name(best), f" with {number(truth[best], form)}.",
    )  # fmt: skip


def facts(result: Mapping[str, Any], found: list[Ranking]) -> Html:
    """The size of what was scored, in a line of labelled figures."""
    models = list(part(result, "models").values())
    shown = {
        "Task": result.get("task"),
        "Models": _models(found[0]) if found else None,
        "Metrics": len(found) or None,
        "Samples": _range(models, "samples"),
        "Features": _range(models, "width"),
        "Classes": _range(models, "classes"),
    }
    pairs = [
        tag("div", tag("dt", key), tag("dd", value))
        for key, value in shown.items()
        if value is not None
    ]
    return tag("dl", *pairs, class_="facts") if pairs else Html()


def _models(ranking: Ranking) -> str:
    unscored = len(ranking.models) - len(ranking.scores)
    return f"{len(ranking.models)}" + (f", {unscored} without a score" if unscored else "")


def _range(models: list[dict[str, Any]], key: str) -> str | None:
    known = [n for row in models if (n := finite((row or {}).get(key))) is not None]
    if not known:
        return None
    ends = [f"{n:,.0f}" for n in sorted({min(known), max(known)})]
    return " to ".join(ends)
