"""The ranking: a row per model with its score on a common axis, and its other ranks beside.

The whisker is the resampling interval. Models that resampling does not tell apart are joined by a
bar in the margin. A model without a score comes last, without a place.
"""

from collections.abc import Callable, Mapping
from itertools import chain

from disco_jax.results import EXPECTED

from .dots import axis, dot
from .markup import (
    Html,
    caption,
    folded,
    join,
    joined,
    name_of,
    scrolling,
    shortened,
    spec_of,
    tag,
)
from .rankings import Ranking
from .scales import MISSING, Scale, number, shared_format, spanning

Column = tuple[Html, Callable[[str], Html]]  # the head, and the cell of a model
SHOWN = 40  # so many models are shown at once, the others on demand
LONGEST = 20  # a dataset with a longer name is cut in the middle


def ranking_figure(
    ranking: Ranking,
    others: list[Ranking] | None = None,
    accuracies: Mapping[str, Mapping[str, float]] | None = None,
) -> Html:
    """The models by one metric; `others` and `accuracies` add a column each."""
    ranks = [_rank_column(other) for other in others or []]
    truths = [_truth_column(*item) for item in (accuracies or {}).items()]
    scale = spanning([*ranking.scores.values(), *chain(*ranking.intervals.values())])
    rows = [_row(model, ranking, scale, [*ranks, *truths]) for model in ranking.models]
    first, rest = rows[:SHOWN], rows[SHOWN:]
    head = _head(ranking, scale, ranks, truths)
    table = [_table(ranking, head, first)]
    if rest:
        last = f"The last {len(rest)} of {len(rows)} models"
        table.append(folded(last, _table(ranking, head, rest)))
    return tag("figure", *table, tag("figcaption", _reading(ranking, bool(others))))


def _table(ranking: Ranking, head: Html, rows: list[Html]) -> Html:
    table = tag("table", head, tag("tbody", *rows), class_="rows")
    return scrolling(f"Ranking by {ranking.spec}", table)


def _head(ranking: Ranking, scale: Scale, ranks: list[Column], truths: list[Column]) -> Html:
    over = [
        tag("th", what, colspan=len(group), scope="colgroup", class_="over")
        for what, group in (("Rank by", ranks), ("Accuracy", truths))
        if group
    ]
    return tag(
        "thead",
        tag("tr", tag("td", colspan=4), *over, class_="groups") if over else None,
        tag(
            "tr",
            tag("th", tag("span", "Rank", class_="hidden"), scope="col"),
            tag("th", "Model", scope="col", class_="model"),
            tag("th", axis(scale), scope="col", class_="chart"),
            tag("th", spec_of(ranking.spec), scope="col"),
            *(head for head, _ in [*ranks, *truths]),
        ),
    )


def _rank_column(other: Ranking) -> Column:
    """The places by another metric, tinted from the last place (none) to the first."""

    def cell(model: str) -> Html:
        place = other.places.get(model)
        ahead = 1 - (place - 1) / max(len(other.places) - 1, 1) if place else 0.0
        tint = f"--tint:{ahead * ahead:.2f}"
        shown = place or MISSING
        return tag("td", shown, class_="beside tint", data_label=other.spec, style=tint)

    return tag("th", spec_of(other.spec), scope="col"), cell


def _truth_column(dataset: str, truth: Mapping[str, float]) -> Column:
    name, form = shortened(dataset, LONGEST), shared_format(truth.values())

    def cell(model: str) -> Html:
        return tag("td", number(truth.get(model), form), class_="beside", data_label=name)

    return tag("th", name_of(name), scope="col", class_="number", title=dataset), cell


def _row(model: str, ranking: Ranking, scale: Scale, columns: list[Column]) -> Html:
    place = ranking.places.get(model)
    group = ranking.ties.get(model, [])
    kinds = {
        "lead": any(ranking.places.get(other) == 1 for other in [model, *group]),
        "tied": bool(group),
        "opens": group[:1] == [model],
        "closes": group[-1:] == [model],
    }
    return tag(
        "tr",
        tag("td", place or MISSING, class_="place"),
        tag("th", name_of(model), scope="row", class_="model", title=model),
        tag("td", dot(model, ranking, scale), class_="chart"),
        tag("td", number(ranking.scores.get(model), ranking.form), class_="score"),
        *(cell(model) for _, cell in columns),
        class_=" ".join(kind for kind, holds in kinds.items() if holds) or None,
    )


def _reading(ranking: Ranking, others: bool) -> Html:
    """How to read the figure."""
    says: list[object] = ["Higher is better."]
    if ranking.spec == EXPECTED:
        says.append(
            f"The line is the {ranking.coverage} interval of the accuracy: most of it is how hard "
            "the data are, which moves all models alike."
        )
    elif ranking.intervals:
        over = f" of {ranking.resamples} resamples" if ranking.resamples else ""
        says.append(
            f"The line is the {ranking.coverage} interval{over}: how much the score owes to "
            "the samples at hand, not how well it predicts accuracy."
        )
    if any(
        not low <= ranking.scores.get(model, low) <= high
        for model, (low, high) in ranking.intervals.items()
    ):
        says.append(
            "Where a dot lies off its line, resamples score higher or lower as a rule than the "
            "samples themselves: samples that repeat can do that."
        )
    if ranking.ties:
        says.append("A bar in the margin joins models that resampling does not tell apart.")
    if others:
        says.append(
            tag("span", "The stronger the tint of a rank, the better it is.", class_="wide")
        )
    return joined(" ", says)


def every_metric(found: list[Ranking]) -> Html:
    """The ranking by each of the other metrics."""
    return join(caption("The same figure for each of the other metrics."), *map(_on_demand, found))


def _on_demand(ranking: Ranking) -> Html:
    name = tag("b", spec_of(ranking.spec))
    if not ranking.scores:
        return tag("p", name, tag("span", "no scores", class_="aside"))
    first = tag("span", name_of(ranking.models[0]), " first", class_="aside")
    return folded(join(name, first), ranking_figure(ranking))
