"""Who may import whom, and the shape of the tree, read from the sources without running them."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the top down: a module may import its own layer and those below it, never one above.
LAYERS = (
    {"cli"},
    {"pipeline"},
    {"reporting", "demo", "extraction", "finetuning"},
    {
        "scoring",
        "opening",
        "running",
        "streaming",
        "from_moments",
        "bootstrap",
        "tabulating",
        "score_table",
        "layers",
        "score_files",
        "resuming",
        "ranking",
        "controls",
        "accuracies",
    },
    {"planning", "metrics", "specs", "batching", "sharding", "transport"},
    {
        "atomic",
        "errors",
        "label_files",
        "hub_files",
        "features",
        "feature_values",
        "feature_files",
        "feature_npz",
        "feature_safetensors",
        "feature_stored",
    },
)
FEATURES = {"features", "feature_values", "feature_files", "hub_files"}
SOURCES = {"backbones", "weights", "data"}  # produce arrays and know nothing of scoring
MAY_USE_SOURCES = LAYERS[0] | LAYERS[1] | LAYERS[2]
TEST_ONLY = {"torch", "torchvision", "transformers", "timm"}
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
    """What the module `name` of `disco_jax` imports from above itself."""
    inside = [i.split(".")[1] for i in imported if i.startswith("disco_jax.")]
    inside = [i for i in inside if i != "__version__"]
    home = name.split(".")[1] if "." in name else None
    if home is None:
        return inside  # the package root exports lazily: it imports none of its modules
    if home in SOURCES:
        return [i for i in inside if i not in SOURCES | {"atomic", "errors"}] + [
            i for i in imported if i.split(".")[0] == "disco_kernels"
        ]
    level = next((n for n, layer in enumerate(LAYERS) if home in layer), None)
    assert level is not None, f"{name}: give {home!r} a layer in {__file__}"
    below = set().union(*LAYERS[level:]) | (SOURCES if home in MAY_USE_SOURCES else set())
    return [i for i in inside if i not in below]


def test_the_reader_sees_every_form_of_import():
    source = "import a.b\ndef f():\n    from ..c import d\nfrom . import e\nfrom g.h import *\n"
    assert set(imports(source, "p.q.r", False)) == {"a.b", "p.c.d", "p.q.e", "g.h.*"}
    assert set(imports("from . import e", "p.q", True)) == {"p.q.e"}


@pytest.mark.parametrize(
    ("name", "imported", "allowed"),
    [
        ("disco_jax.scoring", "disco_jax.planning.plan", True),
        ("disco_jax.planning", "disco_jax.metrics.METRICS", True),
        ("disco_jax.features", "disco_jax.scoring.score", False),
        ("disco_jax.extraction", "disco_jax.backbones.vit", True),
        ("disco_jax.scoring", "disco_jax.backbones.vit", False),
        ("disco_jax.data.folder", "disco_jax.features.FeatureSet", False),
        ("disco_jax.weights", "disco_kernels", False),
        ("disco_jax", "disco_jax.scoring", False),
        ("disco_jax.scoring", "disco_kernels", True),
    ],
)
def test_the_rule_itself(name, imported, allowed):
    assert (offences(name, {imported}) == []) == allowed


def test_product_imports_point_down():
    found = {
        module_name(p): offences(module_name(p), imports_of(p)) for p in python_files("disco_jax")
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_no_producer_imports_a_scorer():
    """Pictures become features without a word about scores."""
    may = SOURCES | FEATURES | {"extraction", "errors", "__version__"}
    found = {i for path in python_files("disco_jax/extraction") for i in imports_of(path)}
    inside = {i.split(".")[1] for i in found if i.startswith("disco_jax.")}
    assert inside - may == set()


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
    assert found == {}


def test_kernels_is_a_source_root_and_no_package():
    # A top-level `kernels` would shadow Hugging Face's package of that name and break transformers.
    assert (ROOT / "kernels" / "disco_kernels" / "__init__.py").is_file()
    assert not (ROOT / "kernels" / "__init__.py").exists()


def test_one_file_factorises():
    """`_lapack` alone: elsewhere a batched factorisation could hang on a CPU."""
    linalg = re.compile(r"linalg(?!\.norm\()")
    files = [p for p in python_files("disco_jax", "kernels") if linalg.search(p.read_text())]
    assert {p.name for p in files} <= {"_lapack.py", "_blas_threads.py"}


def test_files_are_small_and_named_after_what_they_hold():
    files = python_files("disco_jax", "kernels", "tests", "bench")
    assert [str(p) for p in files if len(p.read_text().splitlines()) > 500] == []
    assert [
        str(p) for p in files if p.stem.strip("_") in {"utils", "util", "helpers", "misc"}
    ] == []
