"""The page: the answer, ranking, race, why, agreement, truth, and where it all came from."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from .flips import flips_section
from .headline import facts, headline, title
from .heat import agreement_between
from .markup import Html, join, section, tag
from .notes import notice, problems, provenance
from .race import race_section
from .rankings import accuracies, rankings
from .ranks import every_metric, ranking_figure
from .truth import truth_section
from .why import why

# In the order of the cascade.
STYLES = ("base", "tables", "charts", "media")

# The page may load nothing and run nothing, whatever the names in it try.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(result: Mapping[str, Any]) -> str:
    """The report of a result of scoring, a complete HTML document.

    Args:
        result: What `disco-jax score --format json` writes, parsed; any part may be absent.
    """
    found = rankings(result)
    content = [
        tag("header", headline(result, found), facts(result, found), notice(result)),
        section("ranking", "Ranking", ranking_figure(found[0], found[1:], accuracies(result)))
        if found and found[0].scores
        else None,
        race_section(result),
        why(result, found),
        truth_section(result, found),
        agreement_between(found),
        flips_section(result),
        section("metrics", "Every metric", every_metric(found[1:])) if found[1:] else None,
        problems(result),
        provenance(result),
    ]
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title(found)),
        tag("style", join(*map(_style, STYLES))),
    ]
    body = tag("html", tag("head", *head), tag("body", tag("main", *content)), lang="en")
    return join(Html("<!doctype html>\n"), body, Html("\n"))


def _style(name: str) -> Html:
    return Html(files(__package__).joinpath(f"{name}.css").read_text("utf-8"))
