"""The race as a picture: per model a bar as long as it ran, a step for each round."""

from collections.abc import Mapping
from typing import Any

from .markup import Html, caption, name_of, scrolling, section, tag
from .rankings import part
from .scales import percent, share


def race_section(result: Mapping[str, Any]) -> Html | None:
    """How models were dropped on the way; nothing where no race was run."""
    race = part(result, "race")
    rounds = race.get("rounds") or []
    if not rounds:
        return None
    last = {model: place for place, each in enumerate(rounds) for model in each["models"]}
    order = sorted(last, key=lambda model: (-last[model], model != rounds[-1]["leader"]))
    sizes = [f"{each['samples']:,}" for each in rounds]
    passes, whole = race["passes"], race["all_passes"]
    counted = race.get("counted", "forward passes")
    says = (
        f"{passes:,} of {whole:,} {counted}, {percent(passes / whole)}. A bar ends where its "
        "model was clearly behind the leader, after as many samples as the step says. The race "
        f"ended when {race['ended']}."
    )
    rows = [
        tag(
            "tr",
            tag("td", "", class_="place"),
            tag("th", name_of(model), scope="row", class_="model", title=model),
            tag("td", _bar(model, last[model], sizes), class_="chart"),
            tag("td", sizes[last[model]], class_="beside", data_label="Samples"),
            class_="lead" if model == rounds[-1]["leader"] else None,
        )
        for model in order
    ]
    heads = {"Rank": "place", "Model": "model", "Rounds": "chart", "Samples": "number"}
    head = tag("tr", *(tag("th", text, scope="col", class_=kind) for text, kind in heads.items()))
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="rows")
    return section("race", "The race", caption(says), scrolling("Samples of each model", table))


def _bar(model: str, last: int, sizes: list[str]) -> Html:
    step = 100 / len(sizes)
    lines = (
        tag("line", x1=share(step * at), x2=share(step * at), y1=6, y2=18, class_="edge")
        for at in range(1, last + 1)
    )
    return tag(
        "svg",
        tag("title", f"{model}: {sizes[last]} samples"),
        tag("rect", y=6, width="100%", height=12, class_="track"),
        tag("rect", y=6, width=share(step * (last + 1)), height=12, class_="bar"),
        *lines,
        height=24,
        role="img",
    )
