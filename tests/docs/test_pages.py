"""The pages: complete, and free of what only the one who wrote it understands."""

import re
import sys
from html import unescape
from pathlib import Path

import pytest

import disco_jax
import disco_kernels as dk
from disco_jax.metrics import CHANGES, MOVED

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))
KERNELS = re.compile(r"^<!-- kernels (.+) -->$", re.M)


@pytest.fixture(scope="module")
def docstrings():
    """The module of the documentation that reads the kernels' docstrings."""
    sys.path.insert(0, str(DOCS / "tools"))
    try:
        import docstrings
    finally:
        sys.path.remove(str(DOCS / "tools"))
    return docstrings


def test_every_kernel_is_on_one_page():
    listed = [
        name
        for page in PAGES
        for found in KERNELS.findall(page.read_text("utf-8"))
        for name in found.split()
    ]
    assert sorted(listed) == sorted(dk.__all__)


def test_every_public_name_of_the_product_is_described():
    listed = re.findall(r"^::: disco_jax\.(\w+)$", (DOCS / "api.md").read_text("utf-8"), re.M)
    assert sorted([*listed, "__version__"]) == sorted(disco_jax.__all__)


def test_every_page_is_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    listed = re.findall(r"^ +- [^:\n]+: (\S+\.md)$", text, re.M)
    assert sorted(listed) == [path.relative_to(DOCS).as_posix() for path in PAGES]


def test_what_moves_a_score_is_on_the_page_as_in_the_package():
    rows = {
        tuple(cell.strip(" `") for cell in line.strip("|").split("|"))
        for line in (DOCS / "which-score.md").read_text("utf-8").splitlines()
    }
    assert ("score", *CHANGES) in rows
    for spec, of_task in MOVED.items():
        for task, signs in of_task.items():
            name = spec if task == "classification" else f"{spec}` in regression"
            assert (name, *("" if sign == "." else sign for sign in signs)) in rows


def test_every_kernel_has_a_definition_with_cost_or_reference(docstrings):
    for name, module in docstrings.origins().items():
        text = docstrings.definition(module)
        assert len(text.splitlines()) > 1, name
        shown = docstrings.markdown(text, {})
        assert shown.count("```") % 2 == 0, name


def test_equations_and_signs_come_through(docstrings):
    text = "Half a <word> of a_b * c_d, see ``_knn``.\n\n    y = x^T_i\n\n"
    text += "Cost n. Degenerate cases. None."
    shown = docstrings.markdown(text, {"_knn": "[`knn`](pairs.md#knn)"})
    assert unescape(shown.replace("\\", "")) == (
        "Half a <word> of a_b * c_d, see [`knn`](pairs.md#knn).\n\n```text\ny = x^T_i\n```\n\n"
        "**Cost.** n.\n\n**Corner cases.** None."
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_prose_names_no_private_module(page):
    if page.stem == "jax-lapack-hang":  # says where this package keeps its own cure
        return
    assert re.findall(r"`(?:\w+\.)*_[a-z]\w*(?:\.py)?`", page.read_text("utf-8")) == []


def test_what_was_built_loads_nothing_from_elsewhere(tmp_path):
    sys.path.insert(0, str(DOCS / "tools"))
    try:
        from check_site import problems
    finally:
        sys.path.remove(str(DOCS / "tools"))
    page = tmp_path / "index.html"
    page.write_text('<a href="https://example.org">x</a><script src="a.js"></script>')
    assert problems(tmp_path) == ["index.html leads to a.js, which is not there"]
    (tmp_path / "a.js").touch()
    assert problems(tmp_path) == []
    page.write_text('<link rel="stylesheet" href="//fonts.example.org/a.css"><img src="a.js">')
    assert problems(tmp_path) == ["index.html loads //fonts.example.org/a.css"]
    page.write_text("<style>@import 'https://example.org/a.css'</style>")
    assert problems(tmp_path) == ["index.html loads https://example.org/a.css"]
