"""Every kernel is exported, documented and listed; nothing in the package is out of reach."""

import ast
import inspect
import re
from typing import NamedTuple

import pytest

import disco_jax
import disco_kernels
from disco_jax.metrics import METRICS

from .test_rooms import ROOT, imports_of, module_name, python_files


def table_rows(text: str) -> list[str]:
    """Rows of the Markdown tables whose first column is headed "kernel"."""
    tables = re.findall(r"^\| *kernel\b.*\n\|[ :|-]+\n((?:\|.*\n?)*)", text, re.I | re.M)
    return [row for table in tables for row in table.splitlines()]


def own_docstring(obj: object) -> str:
    """The docstring somebody wrote, not the field list that NamedTuple and dataclass make up."""
    doc = inspect.getdoc(obj) or ""
    return "" if doc.startswith(f"{getattr(obj, '__name__', '')}(") else doc


def test_exports_exist_once_and_in_the_open():
    names = disco_kernels.__all__
    assert len(set(names)) == len(names)
    assert [
        name for name in names if name.startswith("_") or not hasattr(disco_kernels, name)
    ] == []
    for name in disco_jax.__all__:
        assert getattr(disco_jax, name) is not None
        assert name in dir(disco_jax)
        assert not (ROOT / "disco_jax" / f"{name}.py").exists(), "a module hides the function"
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = disco_jax.no_such_name


def test_every_public_name_is_documented():
    found = {name: own_docstring(getattr(disco_kernels, name)) for name in disco_kernels.__all__}
    assert [name for name, doc in found.items() if not doc] == []


def test_readme_lists_the_public_names_and_no_others():
    rows = table_rows((ROOT / "kernels" / "README.md").read_text())
    listed = {name for row in rows for name in re.findall(r"`(?:dk\.)?(\w+)", row.split("|")[1])}
    assert listed == set(disco_kernels.__all__)


def test_costs_and_citations_are_written_once():
    """The kernels' README says of each metric's kernel what the table of metrics says."""
    rows = {}
    for row in table_rows((ROOT / "kernels" / "README.md").read_text()):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 4:
            rows |= {name: tuple(cells[2:]) for name in re.findall(r"`(\w+)`", cells[0])}
    kernels = {name: next(iter(m.kernels.values())).__name__ for name, m in METRICS.items()}
    ours = {name: rows[kernel] for name, kernel in kernels.items() if kernel in rows}
    assert set(METRICS) - set(ours) == {"otce"}  # a function of `disco_jax`
    for name, (cost, citation) in ours.items():
        assert METRICS[name].cost.split("components + ")[-1].removeprefix("moments + ") in (
            *(cost, f"base + {cost}"),
        ), name
        assert METRICS[name].citation == citation, name


def test_modules_are_private_and_documented():
    modules = [path for path in python_files("kernels") if path.name != "__init__.py"]
    assert [path.name for path in modules if not path.name.startswith("_")] == []
    undocumented = [p.name for p in modules if not ast.get_docstring(ast.parse(p.read_text()))]
    assert undocumented == []


def test_every_module_is_reached_from_the_package():
    modules = {module_name(path): path for path in python_files("kernels")}
    reached, new = set(), {"disco_kernels"}
    while new:
        reached |= new
        names = {name for module in new for name in imports_of(modules[module])}
        names |= {name.rpartition(".")[0] for name in names}  # `from ._spectrum import spectrum`
        new = (names & modules.keys()) - reached
    assert reached == modules.keys()


def test_the_checks_can_fail():
    class Bare(NamedTuple):
        x: int

    assert own_docstring(Bare) == ""
    assert table_rows(
        "| kernel | cost |\n|---|---|\n| `a` | 1 |\n\n| other |\n|---|\n| `b` |\n"
    ) == ["| `a` | 1 |"]
