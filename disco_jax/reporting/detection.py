"""Why DISCO says so in detection: its two terms as a stacked bar.

    minmax(classification) + minmax(regression),  minmax(v) = (v - min)/(max - min)

over the models of the hub; a term without spread is 0 for every model.
"""

from collections.abc import Mapping
from typing import Any

from .markup import Html, caption, join, name_of, scrolling, tag
from .rankings import Ranking, numbers
from .scales import MISSING, finite, number, share, shared_format

DETECTION = ("classification", "regression")


def is_detection(terms: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the terms are the two of a detection score and no more, of all that were scaled."""
    return bool(terms) and all(
        row.keys() == set(DETECTION) and finite(row[key]) is not None
        for row in terms.values()
        for key in DETECTION
    )


def detection_figure(ranking: Ranking, terms: Mapping[str, Mapping[str, Any]]) -> Html:
    """Per model the two scaled terms end to end; the length is the score."""
    raw = {key: numbers({m: row[key] for m, row in terms.items()}) for key in DETECTION}
    forms = {key: shared_format(values.values()) for key, values in raw.items()}
    scaled = {key: _minmax(values) for key, values in raw.items()}
    rows = [
        tag(
            "tr",
            tag("td", ranking.places.get(model) or MISSING, class_="place"),
            tag("th", name_of(model), scope="row", class_="model", title=model),
            tag("td", _bar(model, *(scaled[key][model] for key in DETECTION)), class_="chart"),
            *(
                tag(
                    "td",
                    number(raw[key][model], forms[key]),
                    class_="beside",
                    data_label=key,
                )
                for key in DETECTION
            ),
            class_="lead" if ranking.places.get(model) == 1 else None,
        )
        for model in terms
    ]
    heads = {
        "Rank": "place",
        "Model": "model",
        "Scaled terms": "chart",
        "Classification": "number",
        "Regression": "number",
    }
    return join(
        caption(
            "Each term is scaled to 0–1 over the models of the hub. The strong part is the "
            "classification term, the pale part the regression term, the whole length the score. "
            "The raw terms stand beside."
        ),
        scrolling(
            f"Terms of {ranking.spec}",
            tag(
                "table",
                tag(
                    "thead",
                    tag("tr", *(tag("th", h, scope="col", class_=c) for h, c in heads.items())),
                ),
                tag("tbody", *rows),
                class_="rows",
            ),
        ),
    )


def _minmax(values: Mapping[str, float]) -> dict[str, float]:
    low, high = min(values.values()), max(values.values())
    return {m: (v - low) / (high - low) if high > low else 0.0 for m, v in values.items()}


def _bar(model: str, classes: float, boxes: float) -> Html:
    return tag(
        "svg",
        tag("title", f"{model}: classification {classes:.3f} and regression {boxes:.3f}, scaled"),
        tag("rect", y=6, width="100%", height=12, class_="track"),
        tag("rect", y=6, width=share(50 * classes), height=12, class_="strong"),
        tag("rect", x=share(50 * classes), y=6, width=share(50 * boxes), height=12, class_="bar"),
        height=24,
        role="img",
    )
