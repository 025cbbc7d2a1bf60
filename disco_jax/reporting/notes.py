"""What went wrong, and where everything came from."""

from collections.abc import Iterator, Mapping
from typing import Any

from .advice import advice
from .markup import Html, folded, join, name_of, scrolling, section, tag
from .rankings import part
from .scales import MISSING


def notice(result: Mapping[str, Any]) -> Html | None:
    """Near the top, a line of advice, and one where there are failures or warnings."""
    told = advice(result)
    lines = [tag("p", told, ".", class_="notice") if told else None, _counted(result)]
    return join(*(line for line in lines if line is not None)) if any(lines) else None


def _counted(result: Mapping[str, Any]) -> Html | None:
    counts = [
        f"{len(lines)} {what if len(lines) == 1 else what + 's'}"
        for what, lines in (("failure", _failures(result)), ("warning", _warnings(result)))
        if lines
    ]
    if not counts:
        return None
    return tag("p", tag("a", " and ".join(counts), href="#problems"), class_="notice")


def problems(result: Mapping[str, Any]) -> Html | None:
    """Failures and warnings in full."""
    failures, warnings = _failures(result), _warnings(result)
    if not failures and not warnings:
        return None
    title = "Failures" if failures else "Warnings"
    return section(
        "problems",
        "Failures and warnings" if failures and warnings else title,
        tag("ul", *failures, class_="failures") if failures else None,
        tag("ul", *warnings) if warnings else None,
    )


def _failures(result: Mapping[str, Any]) -> list[Html]:
    return [
        tag("li", tag("b", name_of(row.get("model", "?"))), ": ", row.get("error", ""))
        for row in result.get("failures") or []
    ]


def _warnings(result: Mapping[str, Any]) -> list[Html]:
    return [tag("li", line) for line in result.get("warnings") or []]


def provenance(result: Mapping[str, Any]) -> Html | None:
    """Versions and devices, then what each model came from."""
    pairs = list(_flat({"disco-jax": result.get("version"), **part(result, "provenance")}))
    table = _models(part(result, "models"))
    if not pairs and table is None:
        return None
    rows = [tag("div", tag("dt", key), tag("dd", value)) for key, value in pairs]
    return section(
        "provenance", "Provenance", tag("dl", *rows, class_="pairs") if rows else None, table
    )


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    """Names and values, nested ones as `outer.inner`; absent ones are left out."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        elif isinstance(value, list):
            yield above + key, ", ".join(map(str, value))
        elif value is not None:
            yield above + key, value


def _models(models: Mapping[str, Any]) -> Html | None:
    rows = {model: dict(_flat(row or {})) for model, row in models.items()}
    values = [pair for row in rows.values() for pair in row.items()]
    fields = dict.fromkeys(field for field, _ in values)
    if not fields:
        return None
    words = {field: "words" for field, value in values if isinstance(value, str)}
    heads = (tag("th", field, scope="col", class_=words.get(field)) for field in fields)
    body = [
        tag(
            "tr",
            tag("th", name_of(model), scope="row", class_="model"),
            *(tag("td", row.get(field, MISSING), class_=words.get(field)) for field in fields),
        )
        for model, row in rows.items()
    ]
    head = tag("tr", tag("th", "Model", scope="col"), *heads)
    table = tag("table", tag("thead", head), tag("tbody", *body), class_="grid")
    return folded(
        join(tag("b", "Models"), tag("span", "files, sizes, weights", class_="aside")),
        scrolling("Models", table),
    )
