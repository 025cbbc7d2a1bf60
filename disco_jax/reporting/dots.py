"""A score and its interval as a dot and a whisker on the common axis of a ranking."""

from .markup import Html, tag
from .rankings import Ranking
from .scales import Scale, number, share

HEIGHT = 24
NAMED = 4  # so many of the models tied with one are listed in its description


def axis(scale: Scale) -> Html:
    """The numbers along the top."""
    labels = [
        tag("text", shown, x=share(at), y=12, text_anchor="middle") for at, shown in scale.ticks()
    ]
    return tag("svg", tag("title", "Axis of the scores"), *labels, height=18, role="img")


def dot(model: str, ranking: Ranking, scale: Scale) -> Html:
    """One model; the grid reaches beyond the drawing, to meet those of its neighbours."""
    middle, score, marks = HEIGHT / 2, ranking.scores.get(model), []
    for at, _ in scale.ticks():
        x = share(at)
        marks.append(tag("line", x1=x, x2=x, y1=-middle, y2=HEIGHT + middle, class_="grid"))
    if model in ranking.intervals:
        ends = (share(scale.at(end)) for end in ranking.intervals[model])
        line = dict(zip(("x1", "x2"), ends, strict=True))
        marks.append(tag("line", **line, y1=middle, y2=middle, class_="whisker"))
    if score is not None:
        marks.append(tag("circle", cx=share(scale.at(score)), cy=middle, r=4.5, class_="dot"))
    return tag("svg", tag("title", _says(model, ranking)), *marks, height=HEIGHT, role="img")


def _says(model: str, ranking: Ranking) -> str:
    score, form = ranking.scores.get(model), ranking.form
    if score is None:
        return f"{model}: no score"
    says = f"{model}: {number(score, form)}"
    if model in ranking.intervals:
        low, high = (number(end, form) for end in ranking.intervals[model])
        says += f", {ranking.coverage} interval {low} to {high}"
    others = [other for other in ranking.ties.get(model, []) if other != model]
    if others:
        says += f", not told apart from {', '.join(others[:NAMED])}"
    if len(others) > NAMED:
        says += f" and {len(others) - NAMED} more"
    return says
