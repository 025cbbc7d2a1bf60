"""The answer: which model is first by the first metric, and how sure that is."""

from collections.abc import Mapping
from typing import Any

from .markup import Html, join, joined, listing, name_of, shortened, spec_of, tag
from .rankings import Ranking, accuracies, part
from .scales import finite, number, percent, shared_format

NAMED = 4  # so many models or metrics are listed by name, more are counted
LONGEST = 60  # a longer name is cut in the middle


def title(found: list[Ranking]) -> str:
    """The best model and how sure that is, as plain text."""
    leaders = _leaders(found[0]) if found else []
    if not leaders:
        return "No ranking"
    return f"{', '.join(leaders[:NAMED])} first of {len(found[0].models)} by {found[0].spec}"


def headline(result: Mapping[str, Any], found: list[Ranking]) -> Html:
    """The heading of the page, with the sentences beneath."""
    leaders = _leaders(found[0]) if found else []
    if not leaders:
        return join(
            tag("h1", "There is no ranking"),
            tag("p", "No model has a score.", class_="intro"),
        )
    sentences = [_sure(found[0], leaders), _others(found, leaders), _truth(result, leaders)]
    return join(
        tag("h1", _claim(found[0], leaders)),
        tag("p", joined(" ", sentences), class_="intro"),
    )


def _leaders(ranking: Ranking) -> list[str]:
    return [model for model in ranking.models if ranking.places.get(model) == 1]


def _claim(ranking: Ranking, leaders: list[str]) -> Html:
    by, count = spec_of(ranking.spec), len(ranking.scores)
    if count == 1:
        return join(_name(leaders[0]), " is the only model scored by ", by)
    verb = " ranks first" if len(leaders) == 1 else " share the first place"
    return join(_names(leaders), verb, f" of {count} models by ", by)


def _names(models: list[str]) -> Html:
    shown = [_name(model) for model in models]
    if len(shown) > NAMED:
        shown = [*shown[: NAMED - 1], Html(f"{len(models) - NAMED + 1} others")]
    return listing(shown)


def _name(model: str) -> Html:
    return name_of(shortened(model, LONGEST))


def _sure(ranking: Ranking, leaders: list[str]) -> Html:
    first, form = leaders[0], ranking.form
    says = join("The score is ", tag("b", number(ranking.scores[first], form)))
    if first in ranking.intervals:
        low, high = (number(end, form) for end in ranking.intervals[first])
        over = f" over {ranking.resamples} resamples" if ranking.resamples else ""
        says = join(says, f", with a {ranking.coverage} interval of {low} to {high}{over}")
    if len(ranking.scores) == 1:
        return join(says, ".")
    second = next(model for model in ranking.models[1:] if model in ranking.scores)
    if ranking.first_ahead is not None:
        ahead = tag("b", percent(ranking.first_ahead))
        says = join(says, ". It is ahead of ", _name(second), " in ", ahead, " of the resamples")
    elif len(leaders) == 1:
        behind = number(ranking.scores[second], form)
        says = join(says, "; next is ", _name(second), f" with {behind}")
    tied = [model for model in ranking.ties.get(first, []) if model != first]
    if tied:
        return join(says, ". Resampling does not tell it apart from ", _names(tied), ".")
    if ranking.intervals:
        return join(says, " and tied with no other model.")
    return join(says, ". Nothing was resampled, so how sure the order is remains open.")


def _others(found: list[Ranking], leaders: list[str]) -> Html | None:
    """Which of the other metrics agree on the first model."""
    others = [(r.spec, first) for r in found[1:] if (first := _leaders(r))]
    if not others or len(found[0].scores) < 2:
        return None
    agree = [spec for spec, first in others if set(first) & set(leaders)]
    if len(others) > NAMED:
        return Html(f"{len(agree)} of the {len(others)} other metrics have the same first model.")
    same = join(listing([spec_of(s) for s in agree]), " agrees" if len(agree) == 1 else " agree")
    differ = [
        join(spec_of(spec), " puts ", _names(first), " first")
        for spec, first in others
        if spec not in agree
    ]
    return join(listing([*([same] if agree else []), *differ]), ".")


def _truth(result: Mapping[str, Any], leaders: list[str]) -> Html | None:
    """What the choice is worth, where accuracies on one dataset are known."""
    tables = accuracies(result)
    if len(tables) != 1:
        return None
    [(dataset, truth)] = tables.items()
    if leaders[0] not in truth:
        return None
    best, form = max(truth, key=lambda model: truth[model]), shared_format(truth.values())
    mine = number(truth[leaders[0]], form)
    if truth[best] == truth[leaders[0]]:
        return join("Its accuracy on ", _name(dataset), f", {mine}, is the best of the hub.")
    return join(
        "Its accuracy on ", _name(dataset), f" is {mine}; the best of the hub is ",
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
