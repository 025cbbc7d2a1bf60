"""The examples of the documentation run as a user runs them, and show what the pages say."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@pytest.fixture(scope="module")
def shown():
    """The outputs of all examples, from one process without the strict settings of the tests."""
    ours = ("JAX_", "XLA_", "DISCO_")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "tools" / "cells.py", *EXAMPLES],
        env=clean | {"JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def numbers(outputs) -> list[float]:
    return [float(number) for number in NUMBER.findall(json.dumps(outputs))]


def words(outputs) -> str:
    return NUMBER.sub("N", json.dumps(outputs))


def test_there_are_four():
    assert [path.stem for path in EXAMPLES] == ["notebook", "sets", "training", "vmap"]


@pytest.mark.parametrize("name", [path.stem for path in EXAMPLES])
def test_an_example_shows_what_its_page_says(shown, name):
    kept = json.loads((ROOT / "docs" / "examples" / f"{name}.json").read_text("utf-8"))
    assert words(shown[name]) == words(kept)
    # They are printed with two to four digits, and training magnifies the rounding of a machine.
    assert numbers(shown[name]) == pytest.approx(numbers(kept), rel=0.02, abs=0.011)
