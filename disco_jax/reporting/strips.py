"""Why DISCO says so: the singular values beside what they tell about the labels.

    DISCO = sum_g r_g q_g

Each model is a strip of G bars, leading components first: the width of a bar is the share r_g of
its group in the singular values, its height the transferability q_g, so the filled area is the
score. All strips have the same scales, and areas compare. The dashed line is the score itself: the
same area spread over the whole width. For regression q_g is at most 0 and the bars hang down.
Groups that leave a remainder of components do not fill the width.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from .markup import Html, name_of, tag
from .rankings import Ranking
from .scales import Scale, finite, number, percent, share, shared_format

WIDE = 0.25  # a bar so wide has room for "51 % × 0.83"


class Strip(NamedTuple):
    """The groups of one model."""

    r: list[float]
    q: list[float]


def strips(terms: Mapping[str, Mapping[str, Any]]) -> dict[str, Strip]:
    """The groups of each model that has them, in the order given."""
    found = {}
    for model, row in terms.items():
        r, q = (
            [finite(v) for v in row.get(key) or []] for key in ("proportions", "transferability")
        )
        pairs = [(a, b) for a, b in zip(r, q, strict=False) if a is not None and b is not None]
        if pairs and len(pairs) == len(r) == len(q):
            found[model] = Strip([a for a, _ in pairs], [b for _, b in pairs])
    return found


def drawing(
    model: str, ranking: Ranking, strip: Strip, scale: Scale, height: int, *extra: Html
) -> Html:
    """One strip; `extra` lies on top."""
    q_form = shared_format([0.0, *strip.q])
    zero, left, bars, says = 100 - scale.at(0), 0.0, [], []
    for g, (r, q) in enumerate(zip(strip.r, strip.q, strict=True), 1):
        x, width, end = share(100 * left), share(100 * r), 100 - scale.at(q)
        line = f"group {g}: share {r:.3f}, transferability {number(q, q_form)}"
        bars.append(
            tag(
                "rect",
                tag("title", line),
                x=x,
                width=width,
                y=share(min(zero, end)),
                height=share(abs(zero - end)),
                class_="bar even" if g % 2 == 0 else "bar",
            )
        )
        edge = share(100 * (left + r))
        bars.append(tag("line", x1=x, x2=edge, y1=share(end), y2=share(end), class_="edge"))
        says.append(line)
        left += r
    return tag(
        "svg",
        tag("title", f"{model}: score {number(ranking.scores.get(model), ranking.form)}"),
        tag("desc", "; ".join(says)),
        tag("rect", width="100%", height="100%", class_="track"),
        *bars,
        *extra,
        height=height,
        role="img",
    )


def large(model: str, ranking: Ranking, strip: Strip, scale: Scale) -> Html:
    """One strip with its axes, the score as a dashed line, and the factors of its wide bars."""
    axes = [
        tag("text", shown, x=-8, y=share(100 - at), dy=4, text_anchor="end")
        for at, shown in scale.ticks()
    ] + [
        tag("text", f"{r} %", x=f"{r}%", y="100%", dy=17, text_anchor="middle")
        for r in (0, 25, 50, 75, 100)
    ]
    left = 0.0
    for r, q in zip(strip.r, strip.q, strict=True):
        if r >= WIDE:
            middle = share(100 * (left + r / 2)), share(100 - (scale.at(0) + scale.at(q)) / 2)
            factors = f"{percent(r)} × {number(q, '.2f')}"
            axes.append(tag("text", factors, x=middle[0], y=middle[1], dy=4, class_="factors"))
        left += r
    score = ranking.scores.get(model)
    if score is not None and scale.low <= score <= scale.high:
        y = share(100 - scale.at(score))
        axes.append(tag("line", x1=0, x2="100%", y1=y, y2=y, class_="mean"))
    return tag(
        "figure",
        tag(
            "figcaption",
            tag("b", name_of(model)),
            tag("span", number(score, ranking.form), class_="aside"),
            class_="title",
        ),
        tag("div", drawing(model, ranking, strip, scale, 190, *axes), class_="plot"),
        tag("p", "share of the singular values →", class_="axis"),
        class_="lead" if ranking.places.get(model) == 1 else None,
    )
