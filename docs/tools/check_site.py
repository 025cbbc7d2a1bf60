"""Whether the pages that were built need nothing from the network and lead nowhere wrong.

    python docs/tools/check_site.py site

Scripts, styles, fonts, pictures and frames must be files of the site; links between pages must
lead to a file that is there. Links that a reader follows may lead anywhere.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
}
IN_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)")


class Page(HTMLParser):
    """What a page loads, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = IN_STYLE.findall(text)
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the addresses of an element."""
        given = dict(attrs)
        self.loads += [value for key in LOADS.get(tag, ()) if (value := given.get(key))]
        if tag == "a" and (target := given.get("href")):
            self.links.append(target)


def outside(address: str) -> bool:
    """Whether an address is one of the network."""
    return bool(re.match(r"(?:[a-z]+:)?//", address.strip(), re.I))


def problems(site: Path) -> list[str]:
    """A line for everything that is wrong."""
    found = []
    pages = sorted(site.rglob("*.html"))
    for path in pages:
        page, name = Page(path.read_text("utf-8")), path.relative_to(site)
        found += [f"{name} loads {each}" for each in page.loads if outside(each)]
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or not parts.path or name == Path("404.html"):
                continue
            if not (path.parent / unquote(parts.path)).resolve().exists():
                found.append(f"{name} leads to {link}, which is not there")
    for style in sorted(site.rglob("*.css")):
        loads = IN_STYLE.findall(style.read_text("utf-8"))
        found += [f"{style.relative_to(site)} loads {each}" for each in loads]
    return found if pages else ["there are no pages"]


def main() -> None:
    """Print what is wrong, and fail where something is."""
    found = problems(Path(sys.argv[1]))
    print("\n".join(found) or "the pages load nothing from the network, and no link is broken")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
