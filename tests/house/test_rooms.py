"""Who may import whom, and the shape of the tree, read from the sources without running them."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .rooms import FREE, RULE

ROOT = Path(__file__).resolve().parents[2]

TEST_ONLY = {"torch", "torchvision", "transformers", "timm"}
ADAPTERS = {  # the modules that may import some of these, when they are called
    "disco_jax.backbones.torch_network": {"torch"},
    "disco_jax.backbones.torch_libraries": {"timm", "torchvision"},
}
KERNELS_MAY_IMPORT = {"jax", "numpy", "threadpoolctl", "disco_kernels"} | sys.stdlib_module_names


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "kernels" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, module: str, is_package: bool) -> Iterator[str]:
    """Dotted names of all that is imported, wherever it stands, relative ones resolved."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = [*base, *(node.module.split(".") if node.module else [])]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def imports_of(path: Path) -> set[str]:
    return set(imports(path.read_text(), module_name(path), path.name == "__init__.py"))


def offences(name: str, imported: set[str]) -> list[str]:
    """What the module `name` of `disco_jax` imports against the rule, or past a face."""
    _, _, home = name.partition(".")
    if not home:
        return [each for each in imported if each.startswith("disco_jax")]  # it exports lazily
    room = home.split(".")[0]
    assert room in RULE or room in FREE, f"{name}: give {room!r} a row in tests/house/rooms.py"
    wrong = []
    for each in imported:
        package, _, inside = each.partition(".")
        other, *rest = ("kernels",) if package == "disco_kernels" else inside.split(".")
        if package not in ("disco_jax", "disco_kernels") or other in FREE or other == room:
            continue
        past_the_face = package == "disco_jax" and (len(rest) > 1 or not inside)
        if other not in RULE.get(room, ()) or past_the_face:
            wrong.append(each)
    return sorted(wrong)


def test_the_reader_sees_every_form_of_import():
    source = "import a.b\ndef f():\n    from ..c import d\nfrom . import e\nfrom g.h import *\n"
    assert set(imports(source, "p.q.r", False)) == {"a.b", "p.c.d", "p.q.e", "g.h.*"}
    assert set(imports("from . import e", "p.q", True)) == {"p.q.e"}


@pytest.mark.parametrize(
    ("name", "imported", "allowed"),
    [
        ("disco_jax.scoring.api", "disco_jax.scoring.plan.plan_of", True),
        ("disco_jax.scoring.api", "disco_jax.features.FeatureSet", True),
        ("disco_jax.scoring.api", "disco_jax.features.values.scan", False),  # past the face
        ("disco_jax.scoring.api", "disco_jax.backbones.compiled", False),
        ("disco_jax.scoring.api", "disco_kernels", True),
        ("disco_jax.features.files", "disco_jax.scoring.score", False),
        ("disco_jax.features.files", "disco_jax.errors.InputError", True),
        ("disco_jax.extraction.network", "disco_jax.scoring.score", False),
        ("disco_jax.results.table", "disco_kernels", False),
        ("disco_jax.weights.config", "disco_kernels.disco", False),
        ("disco_jax.pipeline", "disco_jax.scoring.score", True),
        ("disco_jax", "disco_jax.scoring", False),
    ],
)
def test_the_rule_itself(name, imported, allowed):
    assert (offences(name, {imported}) == []) == allowed


def test_no_room_imports_against_the_rule():
    found = {
        module_name(p): offences(module_name(p), imports_of(p)) for p in python_files("disco_jax")
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_every_row_of_the_rule_is_used():
    used: dict[str, set[str]] = {room: set() for room in RULE}
    for path in python_files("disco_jax"):
        room = module_name(path).partition(".")[2].split(".")[0]
        if room in RULE:
            for each in imports_of(path):
                package, *inside = each.split(".")
                used[room].add("kernels" if package == "disco_kernels" else (inside or [""])[0])
    assert {room: set(allowed) - used[room] for room, allowed in RULE.items()} == {
        room: set() for room in RULE
    }


def test_the_rule_has_no_circle():
    above: list[str] = ["kernels"]
    for room, allowed in RULE.items():
        assert set(allowed) <= set(above), f"{room} stands before what it imports"
        above.append(room)


def test_kernels_import_jax_numpy_and_themselves():
    found = {
        module_name(path): {
            i for i in imports_of(path) if i.split(".")[0] not in KERNELS_MAY_IMPORT
        }
        for path in python_files("kernels")
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("folders", "banned"),
    [
        (("disco_jax", "kernels"), TEST_ONLY | {"tests"}),
        (("disco_jax", "kernels", "tests"), {"bench"}),
        (("tests/oracles",), {"disco_jax", "disco_kernels", "jax"}),
    ],
    ids=["no torch in it", "nobody imports bench", "oracles are independent"],
)
def test_banned_imports(folders, banned):
    found = {
        module_name(path): wrong
        for path in python_files(*folders)
        if (wrong := {i.split(".")[0] for i in imports_of(path)} & banned)
    }
    assert found == (ADAPTERS if "torch" in banned else {})


def test_adapters_import_when_they_are_called():
    for name in ADAPTERS:
        path = ROOT / (name.replace(".", "/") + ".py")
        body = ast.parse(path.read_text()).body
        outside = [n for n in body if not isinstance(n, ast.FunctionDef | ast.ClassDef)]
        found = imports("\n".join(map(ast.unparse, outside)), name, False)
        assert {each.split(".")[0] for each in found} & TEST_ONLY == set()


def test_kernels_is_a_source_root_and_no_package():
    # A top-level `kernels` would shadow Hugging Face's package of that name and break transformers.
    assert (ROOT / "kernels" / "disco_kernels" / "__init__.py").is_file()
    assert not (ROOT / "kernels" / "__init__.py").exists()


def test_one_file_factorises():
    """`_lapack` alone: elsewhere a batched factorisation could hang on a CPU. NumPy's are free."""
    linalg = re.compile(r"(?<!\bnp\.)linalg(?!\.norm\()")
    files = [p for p in python_files("disco_jax", "kernels") if linalg.search(p.read_text())]
    assert {p.name for p in files} <= {"_lapack.py", "_blas_threads.py"}


def test_files_are_small_and_named_after_what_they_hold():
    files = python_files("disco_jax", "kernels", "tests", "bench")
    assert [str(p) for p in files if len(p.read_text().splitlines()) > 500] == []
    assert [
        str(p) for p in files if p.stem.strip("_") in {"utils", "util", "helpers", "misc"}
    ] == []


def test_contributing_names_what_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:disco_jax|kernels|tests|bench|constraints|docs)/[\w./]+)`", text)
    assert named and [name for name in named if not (ROOT / name).exists()] == []
