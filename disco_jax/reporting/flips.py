"""Who corrects whom: the share of samples that one model has right and another wrong."""

from collections.abc import Mapping
from typing import Any

from .markup import Html, caption, join, name_of, scrolling, section, tag
from .scales import number


def flips_section(result: Mapping[str, Any]) -> Html | None:
    """The section; None where nobody asked who corrects whom."""
    flips = result.get("flips")
    if not flips:
        return None
    models = list(flips)
    most = max(share for of in flips.values() for share in of.values()) or 1
    rows = [
        tag(
            "tr",
            tag("th", name_of(model), scope="row", class_="model"),
            *(_cell(flips[model].get(other), most) for other in models),
        )
        for model in models
    ]
    heads = [tag("th", name_of(model), scope="col") for model in models]
    return section(
        "complement",
        "Who corrects whom?",
        caption("The share of samples that the row has right and the column wrong, left out."),
        scrolling(
            "Samples that one model has right and another wrong",
            tag(
                "table",
                tag("thead", tag("tr", tag("td"), *heads)),
                tag("tbody", join(*rows)),
                class_="heat",
            ),
        ),
    )


def _cell(share: float | None, most: float) -> Html:
    if share is None:
        return tag("td", class_="same")
    return tag("td", number(share, ".2f"), class_="tint", style=f"--tint:{share / most:.2f}")
