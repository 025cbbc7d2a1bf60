"""Docstrings of the kernels as Markdown: the definition of each, found by its public name.

The sources are read, never imported. A definition is the docstring of the module that a public
name comes from: indented lines are equations and stay as they are, the rest is prose. A module
that a definition mentions and that has no public names of its own is explained on the same page.
"""

import ast
import re
from functools import cache
from html import escape
from inspect import cleandoc
from pathlib import Path

KERNELS = Path(__file__).resolve().parents[2] / "kernels" / "disco_kernels"
MENTION = re.compile(r"`{1,2}(?:\w+\.)*(_[a-z]\w*)(?:\.py)?`{1,2}")
KEPT = re.compile(
    r"(\[`[^]]*\]\([^)]*\)|`{1,2}[^`]+`{1,2}|\*\*[^*]+\*\*|(?<![\w*])\*[a-z][a-z ]*\*(?![\w*]))"
)
LABELS = (
    (re.compile(r"^Cost,? ?(?:about )?", re.M), "Cost"),
    (re.compile(r"^Degenerate cases\.? ?(?:are )?"), "Corner cases"),
    (re.compile(r"^References?: "), "Reference"),
)


@cache
def origins() -> dict[str, str]:
    """The module that defines each public name."""
    tree = ast.parse((KERNELS / "__init__.py").read_text("utf-8"))
    found = {
        each.asname or each.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        for each in node.names
    }
    return {name: module for name, module in found.items() if not name.startswith("_")}


@cache
def source(module: str) -> str:
    """The text of a module."""
    package = KERNELS.joinpath(*module.split("."))
    file = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
    return file.read_text("utf-8")


def definition(module: str) -> str:
    """The docstring of a module."""
    return cleandoc(ast.get_docstring(ast.parse(source(module)), clean=False) or "")


def fields(name: str) -> str | None:
    """The lines of a NamedTuple, which say the shapes; None for a function."""
    text = source(origins()[name])
    found = (n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == name)
    for node in found:
        lines = text.splitlines()
        ours = [n for n in node.body if isinstance(n, ast.AnnAssign)]
        return "\n".join(lines[n.lineno - 1].strip() for n in ours)
    return None


def summary(name: str) -> str:
    """The docstring of a class."""
    body = ast.parse(source(origins()[name])).body
    return next(
        cleandoc(ast.get_docstring(n) or "")
        for n in body
        if isinstance(n, ast.ClassDef) and n.name == name
    )


def mentioned(text: str) -> list[str]:
    """The private modules that a docstring points to, in order."""
    known = {path.stem for path in KERNELS.glob("_*")} - {"__init__"}
    return list(dict.fromkeys(name for name in MENTION.findall(text) if name in known))


def markdown(text: str, links: dict[str, str]) -> str:
    """A docstring as Markdown; `links` holds the text that stands for each module mentioned."""
    parts, prose, equation = [], [], []

    def close() -> None:
        if prose:
            parts.extend(_paragraphs(" ".join(prose), links))
            prose.clear()
        if equation:
            lines = MENTION.sub(lambda m: m[1].strip("_"), "\n".join(equation)).strip("\n")
            parts.append(f"```text\n{lines}\n```")
            equation.clear()

    for line in text.splitlines():
        indented = line.startswith("    ")
        if (not line and not equation) or (line and not indented and equation):
            close()
        if indented and prose:
            close()
        if indented or (equation and not line):
            equation.append(line[4:])
        elif line:
            prose.append(line)
    close()
    return "\n\n".join(parts)


def _paragraphs(text: str, links: dict[str, str]) -> list[str]:
    """Prose, with cost, corner cases and reference in paragraphs of their own."""
    parts = re.split(r"(?<=[.)*:]) (?=Degenerate cases)|(?<=\.) (?=Cost )", text)
    return [_labelled(part, links) for part in parts]


def _labelled(text: str, links: dict[str, str]) -> str:
    for pattern, label in LABELS:
        if found := pattern.match(text):
            rest = text[found.end() :].lstrip(":, ")
            if re.match(r"[a-z]{2,}\b", rest):
                rest = rest[0].upper() + rest[1:]
            return f"**{label}.** {_escaped(rest, links)}"
    return _escaped(text, links)


def _escaped(text: str, links: dict[str, str]) -> str:
    """Prose that Markdown leaves as it is, but for code and emphasis."""
    text = MENTION.sub(lambda m: links.get(m[1], m[0]), text)
    kept = KEPT.split(text)
    return "".join(
        part if place % 2 else re.sub(r"([\\*_\[\]#])", r"\\\1", escape(part, quote=False))
        for place, part in enumerate(kept)
    )
