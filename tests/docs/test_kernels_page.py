"""The page on kernels inside JAX programs: its code runs, and what its comments say is true."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest

import disco_kernels as dk

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "kernels" / "index.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture(scope="module")
def page():
    """What the names of the page stand for, and the value of the last line of each block."""
    names = {}
    with jax.enable_x64(False), jax.numpy_dtype_promotion("standard"):
        values = []
        for block in BLOCKS:
            *body, last = block.rstrip("\n").split("\n")
            exec("\n".join(body), names)
            values.append(eval(last.partition("  #")[0], names))
    return names, values


def test_there_are_three(page):
    assert len(BLOCKS) == 3


def test_what_is_served_is_the_score(page):
    names, values = page
    with jax.enable_x64(False):
        direct = names["score"](names["features"], names["labels"])
    assert isinstance(names["served"], dk.Disco)
    np.testing.assert_array_equal(values[1], direct.score)


def test_what_is_filled_up_is_the_score_of_what_is_there(page):
    names, values = page
    with jax.enable_x64(False):
        x, labels = names["features"][:150, :48], names["labels"][:150]
        expected = float(dk.disco(x, labels, num_classes=4).score)
    assert float(values[2].score) == pytest.approx(expected, abs=1e-5)
