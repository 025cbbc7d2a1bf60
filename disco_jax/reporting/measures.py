"""The measures of agreement with true accuracies, the controls beneath the metrics."""

from collections.abc import Mapping
from typing import Any

from .markup import Html, caption, join, scrolling, spec_of, tag
from .rankings import numbers, part
from .scales import number, share, shared_format

HEADS = {
    "tau_w": tag("span", "τ", tag("sub", "w")),
    "kendall": "Kendall",
    "spearman": "Spearman",
    "pearson": "Pearson",
    "regret": "Regret",
    "rel_at_1": "rel@1",
    "rel_at_3": "rel@3",
    "recall_at_1": "recall@1",
    "recall_at_3": "recall@3",
}
LESS_IS_BETTER = {"regret"}


def measures_table(result: Mapping[str, Any]) -> Html | None:
    """Metrics and controls by measure; None where the result has neither."""
    metrics, controls = (
        {name: numbers(row or {}) for name, row in part(result, key).items()}
        for key in ("agreement", "controls")
    )
    rows = [*metrics.values(), *controls.values()]
    measures = [key for key in HEADS if any(key in row for row in rows)]
    if not measures:
        return None
    best = {
        key: (min if key in LESS_IS_BETTER else max)(values)
        for key in measures
        if len(set(values := [row[key] for row in metrics.values() if key in row])) > 1
    }
    form = {key: ".3f" for key in measures}
    form["regret"] = shared_format([0.0, *(row["regret"] for row in rows if "regret" in row)])

    def body(title: str, group: Mapping[str, Mapping[str, float]], judged: bool) -> Html | None:
        if not group:
            return None
        head = tag("th", title, colspan=len(measures) + 2, scope="rowgroup", class_="over")
        return tag(
            "tbody",
            tag("tr", head),
            *(
                tag(
                    "tr",
                    tag("th", spec_of(name), scope="row", class_="model"),
                    tag("td", _bar(row.get("tau_w")), class_="spark"),
                    *(
                        tag(
                            "td",
                            number(row.get(key), form[key]),
                            class_="best"
                            if judged and key in best and row.get(key) == best[key]
                            else None,
                        )
                        for key in measures
                    ),
                )
                for name, row in group.items()
            ),
            class_="judged" if judged else None,
        )

    heads = (tag("th", HEADS[key], scope="col") for key in measures)
    return join(
        tag("h3", "Beside the controls") if controls else None,
        caption(_verdict(metrics, controls)),
        scrolling(
            "Agreement with the accuracies",
            tag(
                "table",
                tag("thead", tag("tr", tag("td"), tag("td"), *heads)),
                body("Metrics", metrics, True),
                body("Controls", controls, False),
                class_="grid",
            ),
        ),
        caption(
            "Regret is the accuracy lost by taking the first; less is better. rel@k: the best "
            "accuracy among the first k over the best there is. recall@k: the first is among the "
            "truly best k. A dash: undefined. Bold: the best metric."
        ),
    )


def _verdict(
    metrics: Mapping[str, Mapping[str, float]], controls: Mapping[str, Mapping[str, float]]
) -> Html:
    """Whether the metrics beat the best control, which looks at no data."""
    bars = {name: row["tau_w"] for name, row in controls.items() if "tau_w" in row}
    taus = [row["tau_w"] for row in metrics.values() if "tau_w" in row]
    if not bars or not taus:
        return join("Agreement of each metric with the true accuracies.")
    best = max(bars, key=lambda name: bars[name])
    beat = sum(tau > bars[best] for tau in taus)
    return join(
        "A control ranks without a look at the data. The best of them here is ",
        tag("b", best), f" with a weighted tau of {number(bars[best], '.3f')}; "
        f"{beat} of {len(taus)} metrics do better.",
    )  # fmt: skip


def _bar(tau: float | None) -> Html | None:
    """Weighted tau from −1 to 1 as a bar from the middle."""
    if tau is None:
        return None
    return tag(
        "svg",
        tag("line", x1="50%", x2="50%", y1=0, y2="100%", class_="zero"),
        tag(
            "rect",
            x=share(50 + 50 * min(tau, 0)),
            width=share(50 * abs(tau)),
            y=4,
            height=8,
            class_="bar" if tau >= 0 else "bar against",
        ),
        height=16,
        aria_hidden="true",
    )
