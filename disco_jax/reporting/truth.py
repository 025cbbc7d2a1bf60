"""The scores against true accuracies: a scatter per dataset, and the measures beside the controls.

The tau_w of a scatter is `comparison.weighted_tau` of the points it shows.
"""

from collections.abc import Mapping
from typing import Any

from disco_jax.comparison import weighted_tau

from .markup import Html, caption, folded, name_of, section, shortened, spec_of, tag
from .measures import measures_table
from .rankings import Ranking, accuracies
from .scales import number, share, shared_format, spanning

SHOWN = 6  # so many plots are shown at once
CROWD = 60  # the points of more models are drawn smaller
LONGEST = 22  # so many letters of a name are written beside its point


def truth_section(result: Mapping[str, Any], found: list[Ranking]) -> Html | None:
    """The section; None where no accuracies are known."""
    plots = [
        _scatter(ranking, dataset, truth)
        for ranking in found
        for dataset, truth in accuracies(result).items()
        if any(model in truth for model in ranking.scores)
    ]
    table = measures_table(result)
    if not plots and table is None:
        return None
    first, rest = plots[:SHOWN], plots[SHOWN:]
    return section(
        "truth",
        "Were the scores right?",
        caption(
            "A point per model: the score to the right, the true accuracy upwards. Named are the "
            "first by the score and the truly best."
        )
        if plots
        else None,
        tag("div", *first, class_="plots"),
        folded(f"The other {len(rest)} plots", tag("div", *rest, class_="plots")) if rest else None,
        table,
    )


def _scatter(ranking: Ranking, dataset: str, truth: Mapping[str, float]) -> Html:
    models = [m for m in ranking.models if m in ranking.scores and m in truth]
    x, y = [ranking.scores[m] for m in models], [truth[m] for m in models]
    across, up = spanning(x, margin=0.08), spanning(y, margin=0.1)
    best = max(models, key=lambda model: truth[model])
    tau = number(weighted_tau(x, y), ".2f")

    form, radius = shared_format(y), 4.5 if len(models) <= CROWD else 3
    marks, labels = [], []
    for place, shown in across.ticks():
        at = share(place)
        marks += [
            tag("line", x1=at, x2=at, y1=0, y2="100%", class_="grid"),
            tag("text", shown, x=at, y="100%", dy=17, text_anchor="middle"),
        ]
    for place, shown in up.ticks():
        at = share(100 - place)
        marks += [
            tag("line", x1=0, x2="100%", y1=at, y2=at, class_="grid"),
            tag("text", shown, x=-8, y=at, dy=4, text_anchor="end"),
        ]
    for model in reversed(models):
        place = across.at(ranking.scores[model])
        cx, cy = share(place), share(100 - up.at(truth[model]))
        says = f"{model}: score {number(ranking.scores[model], ranking.form)}"
        says += f", accuracy {number(truth[model], form)}"
        kind = "lead" if model == models[0] else ""
        marks.append(
            tag("circle", tag("title", says), cx=cx, cy=cy, r=radius, class_=f"dot {kind}")
        )
        if model in (models[0], best):
            labels.append(
                tag(
                    "text",
                    shortened(model, LONGEST),
                    x=cx,
                    y=cy,
                    dy=-9 if model == best else 18,
                    text_anchor="end" if place > 67 else "start" if place < 33 else "middle",
                    class_=f"label {kind}",
                )
            )
    picture = tag(
        "svg",
        tag("title", f"Accuracy on {dataset} against {ranking.spec}, {len(models)} models"),
        tag("desc", f"Weighted Kendall tau {tau}. First by score: {models[0]}. Best: {best}."),
        *marks,
        *labels,
        height=210,
        role="img",
    )
    return tag(
        "figure",
        tag(
            "figcaption",
            tag("b", spec_of(ranking.spec)),
            tag("span", name_of(dataset), class_="aside"),
            tag("span", tag("i", "τ", tag("sub", "w")), f"\u00a0=\u00a0{tau}", class_="aside"),
            class_="title",
        ),
        tag("div", picture, class_="plot"),
    )
