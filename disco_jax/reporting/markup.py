"""Markup as values: text is escaped wherever it meets a tag, so nothing can be forgotten.

    tag("td", "a < b", class_="name")  ->  <td class="name">a &lt; b</td>

A child or attribute that is no `Html` is text. Characters that HTML cannot hold, or that cannot be
written as UTF-8 (controls, lone surrogates), become U+FFFD.
"""

import re
from collections.abc import Iterable
from html import escape

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = {"col", "link", "meta", "wbr"}


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def text(value: object) -> Html:
    """Any value as markup that shows it."""
    return value if isinstance(value, Html) else Html(escape(_UNFIT.sub("\ufffd", str(value))))


def joined(between: str, parts: Iterable[object]) -> Html:
    """Parts with something between them; None is nothing."""
    return Html(text(between).join(text(part) for part in parts if part is not None))


def join(*parts: object) -> Html:
    """Parts one after the other."""
    return joined("", parts)


def tag(element: str, /, *children: object, **attributes: object) -> Html:
    """One element; `class_` stands for class, `aria_label` for aria-label; None is no attribute."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    end = "" if element in _VOID else f"{join(*children)}</{element}>"
    return Html(f"<{element}{written}>{end}")


def name_of(model: str) -> Html:
    """The name of a model, isolated from the direction of the text around it."""
    return tag("bdi", model)


def shortened(name: str, longest: int) -> str:
    """A name, cut in the middle where it is too long: names often differ at their ends."""
    half = longest // 2
    return name if len(name) <= longest else f"{name[:half]}…{name[-half:]}"


def spec_of(spec: str) -> Html:
    """A metric spec that may break after a colon, and before a long value."""
    return joined(Html("<wbr>"), re.split("(?<=:)|(?<==)(?=[^:]{5})", spec))


def listing(parts: list[Html]) -> Html:
    """`a`, `a and b`, `a, b and c`."""
    return joined(" and ", [joined(", ", parts[:-1]), parts[-1]] if parts[1:] else parts)


def section(anchor: str, title: str, *content: object) -> Html:
    """A part of the page."""
    return tag("section", tag("h2", title), *content, id=anchor)


def caption(*content: object) -> Html:
    """What to know to read a figure."""
    return tag("p", *content, class_="caption")


def folded(summary: object, *content: object) -> Html:
    """Content that opens on demand."""
    return tag("details", tag("summary", summary), *content)


def scrolling(label: str, *content: object) -> Html:
    """A box for what may be wider than the page, reachable by keyboard."""
    return tag("div", *content, class_="scroll", tabindex=0, role="region", aria_label=label)
