"""What the scores are made of: the groups of DISCO, the terms of detection, and all raw terms."""

from collections.abc import Mapping
from typing import Any

from .detection import detection_figure, is_detection
from .markup import Html, folded, join, section, spec_of, tag
from .rankings import Ranking, part
from .raw_terms import raw_terms
from .strips import strips
from .why_disco import strip_figure


def why(result: Mapping[str, Any], found: list[Ranking]) -> Html | None:
    """The section; None where the result holds no terms."""
    terms = {ranking.spec: _terms(result, ranking) for ranking in found}
    drawn = {r.spec: figure for r in found if (figure := _figure(r, terms[r.spec]))}
    others = {spec: rows for spec, rows in terms.items() if not is_detection(rows)}
    raw = raw_terms(others, found[0]) if found else None
    if not drawn:
        return section("why", "What the scores are made of", raw) if raw else None
    (first, figure), *rest = drawn.items()
    more = [folded(join("Why ", tag("b", spec_of(spec)), " says so"), f) for spec, f in rest]
    return section("why", f"Why {first} says so", figure, *more, raw)


def _terms(result: Mapping[str, Any], ranking: Ranking) -> dict[str, dict[str, Any]]:
    """The raw terms of each model that has some, best first."""
    found = {model: part(result, "terms", model, ranking.spec) for model in ranking.models}
    return {model: terms for model, terms in found.items() if terms}


def _figure(ranking: Ranking, terms: Mapping[str, Mapping[str, Any]]) -> Html | None:
    if groups := strips(terms):
        return strip_figure(ranking, groups)
    return detection_figure(ranking, terms) if is_detection(terms) else None
