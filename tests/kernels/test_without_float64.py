"""What a kernel loses where there is no float64, as on a TPU, measured on this CPU.

The same float32 features twice: as they come, and with `DISCO_FLOAT64=off`. DISCO keeps a tenth of
its bound; what the others lose is in the kernels' README. What is not there uses no float64.
"""

import inspect
import re
from functools import cache
from pathlib import Path

import jax
import numpy as np
import pytest

import disco_kernels as dk

from ..problems import PROBLEMS, problem
from .table import exact

README = Path(dk.__file__).parents[1] / "README.md"
ILL = ("exponential", "low-rank", "dominant", "duplicated-columns", "constant", "one-class")
LOGITS = 40
ROWS = [
    row
    for row in PROBLEMS
    if row.name.startswith("tall") and row.num_classes == 5 and row.name != "tall-tied"
]


def losses():
    """Kernel -> what it may lose on ordinary features, and on ill-conditioned ones."""
    rows = re.findall(r"^\| `(\w+)` \| (\de-\d+) \| (\de-\d+) \|$", README.read_text(), re.M)
    return [(name, float(ordinary), float(ill)) for name, ordinary, ill in rows]


@cache
def program(name):
    """Jitted: features, labels, targets and logits to what the kernel returns."""
    kernel = getattr(dk, name)
    parameters = inspect.signature(kernel).parameters.values()
    names = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY and p.name != "where"]
    options = {"num_classes": 5} if "num_classes" in [p.name for p in parameters] else {}

    def call(x, y, b, z):
        given = {"features": x, "labels": y, "targets": b, "logits": z}
        if "spectrum" in names:
            given["spectrum"] = dk.spectrum(x)
        if "moments" in names:
            given["moments"] = dk.moments(x, y, num_classes=5, targets=b)
        return kernel(*(given[n] for n in names), **options)

    return jax.jit(call)


def arrays(row):
    rng = np.random.default_rng(0)
    x, y, b = row.arrays
    z = rng.normal(size=(len(x), LOGITS)) + 3 * np.eye(5, LOGITS)[y]
    return x.astype(np.float32), y.astype(np.int32), b.astype(np.float32), z.astype(np.float32)


@pytest.fixture
def found(monkeypatch):
    """`found(name)`: results with float64 beneath them, and without."""

    def both(name):
        with jax.enable_x64(False):
            every = [[jax.device_get(program(name)(*arrays(row))) for row in ROWS]]
            monkeypatch.setenv("DISCO_FLOAT64", "off")
            forget()
            every.append([jax.device_get(program(name)(*arrays(row))) for row in ROWS])
        return every

    forget()
    yield both
    forget()


def forget():
    """Which way a program goes is decided when it is traced."""
    program.cache_clear()
    jax.clear_caches()


def difference(one, other):
    """The largest, relative to the largest number of the result or to 1."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return max(np.max(np.abs(a - b)) / max(1, np.max(np.abs(a))) for a, b in pairs)


def score(result):
    """The score of a result; all of its raw terms where it has no score."""
    return getattr(result, "score", result)


@pytest.mark.parametrize(("name", "ordinary", "ill"), losses(), ids=[row[0] for row in losses()])
def test_loses_what_the_readme_says(name, ordinary, ill, found):
    for row, one, other in zip(ROWS, *found(name), strict=True):
        lost = difference(score(one), score(other))
        assert lost <= (ill if row.name.endswith(ILL) else ordinary), (row.name, lost)


def test_every_kernel_that_uses_float64_is_in_the_table():
    double = {
        path.stem.removeprefix("_")
        for path in Path(dk.__file__).parent.glob("_*.py")
        if "in_double(" in path.read_text()
    }
    no_scores = {"hard_examples", "ped", "robust_direction", "spectrum_from_moments"}
    assert double & set(dk.__all__) - no_scores <= {name for name, *_ in losses()}


def test_it_is_the_other_way(monkeypatch):
    """Forced, a program holds no float64 number, and its singular values are within 3e-7."""
    monkeypatch.setenv("DISCO_FLOAT64", "off")
    jax.clear_caches()
    row = problem("tall-gapped-1")
    with jax.enable_x64(False):
        traced = jax.jit(dk.spectrum).trace(row.features.astype(np.float32))
        assert "f64" not in traced.lower().as_text()
        found = traced.lower().compile()(row.features.astype(np.float32))
    jax.clear_caches()
    expected = exact(row).singular_values
    np.testing.assert_allclose(found.singular_values, expected, rtol=0, atol=3e-7 * expected[0])
