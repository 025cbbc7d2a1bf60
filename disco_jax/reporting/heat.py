"""How far the metrics agree: Kendall's tau-b between each two, over the models both have scored."""

from disco_jax.comparison import kendall

from .markup import Html, caption, join, scrolling, section, spec_of, tag
from .rankings import Ranking
from .scales import number


def agreement_between(found: list[Ranking]) -> Html | None:
    """The section; None where there are no two metrics with two models."""
    scored = [ranking for ranking in found if len(ranking.scores) > 1]
    if len(scored) < 2:
        return None
    rows = [
        tag(
            "tr",
            tag("th", spec_of(row.spec), scope="row", class_="model"),
            *(_cell(row, column, i == j) for j, column in enumerate(scored)),
        )
        for i, row in enumerate(scored)
    ]
    heads = [tag("th", spec_of(ranking.spec), scope="col") for ranking in scored]
    return section(
        "agreement",
        "Do the metrics agree?",
        caption(
            "Kendall’s tau between the rankings: 1 is the same order, 0 unrelated, −1 the reverse."
        ),
        scrolling(
            "Agreement between metrics",
            tag(
                "table",
                tag("thead", tag("tr", tag("td"), *heads)),
                tag("tbody", join(*rows)),
                class_="heat",
            ),
        ),
    )


def _cell(row: Ranking, column: Ranking, same: bool) -> Html:
    if same:
        return tag("td", class_="same")
    both = [model for model in row.scores if model in column.scores]
    tau = kendall([row.scores[m] for m in both], [column.scores[m] for m in both])
    kind = "tint against" if tau is not None and tau < 0 else "tint"
    return tag("td", number(tau, ".2f"), class_=kind, style=f"--tint:{abs(tau or 0):.2f}")
