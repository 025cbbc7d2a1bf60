"""The raw terms that no figure draws, in one table; above it those that are all the same."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from .markup import Html, caption, folded, name_of, scrolling, spec_of, tag
from .rankings import Ranking, numbers
from .scales import MISSING, finite, number, shared_format

DRAWN = {"proportions", "transferability"}  # as strips
LONGEST = 8  # a longer list is counted, not written out

Column = tuple[str, str, dict[str, str]]  # metric, name of the term, {model: as text}


def raw_terms(terms: Mapping[str, Mapping[str, Mapping[str, Any]]], first: Ranking) -> Html | None:
    """The terms `{spec: {model: {name: value}}}`, models in the order of `first`; None if none."""
    columns = [
        (spec, name, _texts({model: row.get(name) for model, row in of_models.items()}))
        for spec, of_models in terms.items()
        for name in dict.fromkeys(key for row in of_models.values() for key in row)
        if name not in DRAWN
    ]
    models = [model for model in first.models if any(model in column[2] for column in columns)]
    same = [column for column in columns if _is_same(column, models)]
    rest = [column for column in columns if column not in same]
    if not columns:
        return None
    line = "; ".join(f"{spec} {name} {values[models[0]]}" for spec, name, values in same)
    return folded(
        "Raw terms",
        caption(f"The same for every model: {line}.") if same else None,
        _table(models, rest) if rest else None,
    )


def _is_same(column: Column, models: list[str]) -> bool:
    texts = {column[2].get(model) for model in models}
    return len(models) > 1 and len(texts) == 1


def _table(models: list[str], columns: list[Column]) -> Html:
    over = [
        tag("th", spec_of(spec), colspan=len(list(group)), scope="colgroup", class_="over")
        for spec, group in groupby(columns, key=lambda column: column[0])
    ]
    names = (tag("th", name, scope="col") for _, name, _ in columns)
    rows = [
        tag(
            "tr",
            tag("th", name_of(model), scope="row", class_="model"),
            *(tag("td", values.get(model, MISSING)) for _, _, values in columns),
        )
        for model in models
    ]
    return scrolling(
        "Raw terms",
        tag(
            "table",
            tag(
                "thead",
                tag("tr", tag("td"), *over),
                tag("tr", tag("th", "Model", scope="col"), *names),
            ),
            tag("tbody", *rows),
            class_="grid",
        ),
    )


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    form = shared_format(numbers(values).values())
    return {model: _text(value, form) for model, value in values.items()}


def _text(value: object, form: str) -> str:
    if isinstance(value, list):
        if len(value) > LONGEST:
            return f"{len(value)} numbers"
        return " ".join(number(finite(item), ".4g") for item in value)
    if isinstance(value, str | bool):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else number(finite(value), form)
