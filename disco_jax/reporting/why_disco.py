"""The strips of DISCO for a hub: the best two models large, then all of them on the same scales."""

from collections.abc import Mapping

from .markup import Html, folded, join, name_of, tag
from .rankings import Ranking
from .scales import MISSING, Scale, number, percent, spanning
from .strips import Strip, drawing, large

COMPARED = 2  # so many leading models are drawn large
SHOWN = 20  # so many are drawn small, the others on demand


def strip_figure(ranking: Ranking, found: Mapping[str, Strip]) -> Html:
    """The best models large, then all of them small, on the same scales."""
    scale = spanning([q for strip in found.values() for q in strip.q], zero=True)
    models = list(found)
    compared = [large(model, ranking, found[model], scale) for model in models[:COMPARED]]
    rows = [_row(model, ranking, found[model], scale) for model in models]
    small = [_table(rows[:SHOWN])] if len(rows) > COMPARED else []
    if rest := rows[SHOWN:]:
        small.append(folded(f"The last {len(rest)} of {len(rows)} models", _table(rest)))
    first = models[0]
    return join(
        tag("p", _reading(first, found[first], scale), class_="caption"),
        tag("div", *compared, class_="pair"),
        *small,
    )


def _reading(first: str, strip: Strip, scale: Scale) -> Html:
    area = (
        "bars below the line are squared error: the shorter, the better"
        if scale.high <= 0
        else "the filled area is the score"
    )
    total = sum(r * q for r, q in zip(strip.r, strip.q, strict=True))
    part_of = strip.r[0] * strip.q[0] / total if total else 0.0
    what = "score" if scale.high > 0 else "loss"
    return join(
        "A bar per group of components, leading ones first: its width is the group’s share of the "
        f"singular values, its height the group’s transferability, and {area}. The dashed line "
        "is the score. In ", name_of(first), f" the leading group holds {percent(strip.r[0])} "
        f"of the singular values and makes {percent(part_of)} of the {what}.",
    )  # fmt: skip


def _row(model: str, ranking: Ranking, strip: Strip, scale: Scale) -> Html:
    return tag(
        "tr",
        tag("td", ranking.places.get(model) or MISSING, class_="place"),
        tag("th", name_of(model), scope="row", class_="model", title=model),
        tag("td", drawing(model, ranking, strip, scale, 38), class_="chart"),
        tag("td", number(ranking.scores.get(model), ranking.form), class_="score"),
        class_="lead" if ranking.places.get(model) == 1 else None,
    )


def _table(rows: list[Html]) -> Html:
    heads = ("Rank", "Model", "Groups of components", "Score")
    head = tag("tr", *(tag("th", what, scope="col") for what in heads))
    return tag("table", tag("thead", head, class_="hidden"), tag("tbody", *rows), class_="rows")
