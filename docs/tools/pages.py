"""What the pages of the documentation are made of besides their own text: a hook of MkDocs.

A line of its own in a page is replaced:

    <!-- include FILE -->             a Markdown file of the repository, without its title
    <!-- include FILE # HEADING -->   one section of it
    <!-- file FILE -->                the text of a file as code
    <!-- example NAME -->             docs/examples/NAME.py in cells, and what they show
    <!-- kernels NAME NAME ... -->    definition and signature of public names of disco_kernels

Links in what is included are kept where they lead to pages and become plain text elsewhere.
"""

import json
import posixpath
import re
from functools import cache
from pathlib import Path

import docstrings
from cells import cells
from mkdocs.exceptions import PluginError

ROOT = Path(__file__).resolve().parents[2]
DIRECTIVE = re.compile(r"^<!-- (include|file|example|kernels) (.+?) -->$", re.M)
LINK = re.compile(r"\[([^]]+)\]\(([^)\s]+)\)")


def on_page_markdown(markdown: str, *, page, config, files) -> str:
    """Replace the lines of this page that ask for something."""
    here = page.file.src_uri

    def replaced(found: re.Match[str]) -> str:
        kind, what = found.groups()
        if kind == "include":
            return included(what, here)
        if kind == "file":
            return as_code(what)
        return example(what) if kind == "example" else kernels(what.split(), here)

    return DIRECTIVE.sub(replaced, markdown)


def included(what: str, here: str) -> str:
    """A file, or the section of it under a heading."""
    name, _, heading = (part.strip() for part in what.partition(" # "))
    text = (ROOT / name).read_text("utf-8")
    if heading:
        start = re.search(rf"^(#+) {re.escape(heading)}$\n", text, re.M)
        if start is None:
            raise PluginError(f"{here}: {name} has no heading {heading!r}; correct the include")
        text = text[start.end() :]
        text = re.split(rf"^#{{1,{len(start[1])}}} ", text, maxsplit=1, flags=re.M)[0]
    else:
        text = text.partition("\n")[2]
    return LINK.sub(lambda link: _relinked(link, posixpath.dirname(name), here), text)


def as_code(what: str) -> str:
    """A file with its name, in the language of its suffix."""
    language = {".py": "python", ".toml": "toml"}[posixpath.splitext(what)[1]]
    text = (ROOT / what).read_text("utf-8").rstrip("\n")
    name = what.removeprefix("docs/examples/")
    return f'```{language} title="{name}"\n{text}\n```'


def _relinked(link: re.Match[str], folder: str, here: str) -> str:
    words, target = link.groups()
    if "://" in target or target.startswith("#"):
        return link[0]
    path = posixpath.normpath(posixpath.join(folder, target))
    if path == "kernels/README.md":
        path = "docs/kernels/index.md"
    if path == "bench/README.md":
        path = "docs/benchmarks.md"
    if not path.startswith("docs/"):
        return f"{words} (`{path}`)" if words.strip("`") != path else f"`{path}`"
    relative = posixpath.relpath(path.removeprefix("docs/"), posixpath.dirname(here) or ".")
    return f"[{words}]({relative})"


def example(name: str) -> str:
    """The cells of an example, with what each shows beneath it."""
    file = ROOT / "docs" / "examples" / f"{name}.py"
    outputs = iter(json.loads(file.with_suffix(".json").read_text("utf-8")))
    parts = []
    for kind, body in cells(file.read_text("utf-8")):
        if kind == "text":
            parts.append(body)
            continue
        parts.append(f"```python\n{body}\n```")
        for how, shown in next(outputs).items():
            plain = shown.strip("\n")
            parts.append(shown if how == "html" else f"```text {{ .output }}\n{plain}\n```")
    return "\n\n".join(parts)


def kernels(names: list[str], here: str) -> str:
    """Sections for public names, those of one definition together."""
    origins = docstrings.origins()
    if unknown := [name for name in names if name not in origins]:
        raise PluginError(f"{here}: disco_kernels has no {', '.join(unknown)}")
    modules = list(dict.fromkeys(origins[name] for name in names))
    inside = _inside(modules)
    parts = []
    for module in modules:
        ours = [name for name in names if origins[name] == module]
        heading = ", ".join(f"`{name}`" for name in ours)
        parts.append(f"## {heading} {{ #{_anchor(module)} }}")
        parts.append(_definition(module, inside))
        parts += [_public(name) for name in ours]
    for module in inside:
        title, _, rest = docstrings.definition(module).partition("\n")
        body = docstrings.markdown(rest.strip("\n"), _links(module, inside))
        parts.append(f"## Inside: {module.strip('_').replace('_', ' ')} {{ #{_anchor(module)} }}")
        parts.append(docstrings.markdown(title, {}))
        parts.append(body)
    return "\n\n".join(parts)


def _inside(modules: list[str]) -> list[str]:
    """Modules without public names that the definitions point to, directly or not."""
    public, found = set(docstrings.origins().values()), []
    todo = list(modules)
    while todo:
        for name in docstrings.mentioned(docstrings.definition(todo.pop(0))):
            if name not in public and name not in found:
                found.append(name)
                todo.append(name)
    return found


def _definition(module: str, inside: list[str]) -> str:
    return docstrings.markdown(docstrings.definition(module), _links(module, inside))


def _links(module: str, inside: list[str]) -> dict[str, str]:
    """What stands for the modules that a definition mentions."""
    links = {}
    for other in docstrings.mentioned(docstrings.definition(module)):
        if other in inside:
            links[other] = f"[`{other.strip('_')}`](#{_anchor(other)})"
        else:
            names = [name for name, where in docstrings.origins().items() if where == other]
            name = min(names, key=lambda name: (name != other.strip("_"), not name.islower()))
            links[other] = f"[`{name}`]({_page_of(name)}#{_anchor(other)})"
    return links


@cache
def _pages() -> dict[str, str]:
    """The page of each public name."""
    return {
        name: page.name
        for page in sorted((ROOT / "docs" / "kernels").glob("*.md"))
        for kind, what in DIRECTIVE.findall(page.read_text("utf-8"))
        if kind == "kernels"
        for name in what.split()
    }


def _page_of(name: str) -> str:
    if name not in _pages():
        raise PluginError(f"docs/kernels: {name} is on no page; add it to one")
    return _pages()[name]


def _public(name: str) -> str:
    fields = docstrings.fields(name)
    if fields is None:
        return f"::: disco_kernels.{name}"
    head = f"### `{name}` {{ #disco_kernels.{name} }}"
    return f"{head}\n\n{docstrings.summary(name)}\n\n```python\n{fields}\n```"


def _anchor(module: str) -> str:
    return module.strip("_").replace("_", "-")
