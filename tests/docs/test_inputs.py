"""The page of inputs: complete, and its tests are there."""

import re
from pathlib import Path

from disco_jax.features.files import FORMATS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "what-you-can-hand-over.md").read_text("utf-8")


def test_the_tests_that_it_names_are_there():
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", TEXT)
    assert len(named) > 25
    for file, test in named:
        found = [p for room in ("features", "data") for p in (ROOT / "tests" / room).glob(file)]
        assert found and f"def {test}(" in found[0].read_text("utf-8"), (file, test)


def test_every_format_and_source_is_there():
    assert [suffix for suffix in FORMATS if f"`{suffix}`" not in TEXT] == []
    sources = (ROOT / "disco_jax" / "data" / "__init__.py").read_text("utf-8")
    prefixes = re.findall(r'startswith\("(\w+:)"\)', sources)
    assert len(prefixes) == 2 and [prefix for prefix in prefixes if f"`{prefix}" not in TEXT] == []


def test_every_row_has_a_test_and_what_a_wrong_one_gets():
    rows = [line.strip("|").split("|") for line in TEXT.splitlines() if line.startswith("|")]
    assert {len(row) for row in rows} == {4}
    tests = [row[2] for row in rows if row[2].strip() not in ("test", "---")]
    assert all("::test_" in cell for cell in tests) and all(row[3].strip() for row in rows)
