"""Every network against its library's own, with the same random weights.

In float64, where 1e-10 tells a mistake from rounding; in float32 the first network of each family
in each library, as what differs between the others are sizes. `DISCO_TEST_PARITY=all` takes all in
both types, and `DISCO_TEST_PARITY=first` takes those first ones only, as CI does.
"""

import importlib.util
import os

import pytest

from disco_jax.backbones.loading import FAMILIES, load_backbone

from . import table
from .case import DTYPES, agrees, pictures
from .libraries import prepared, ran

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="no torch: make parity"),
    pytest.mark.filterwarnings("default"),  # other people's
]


CHOSEN = os.environ.get("DISCO_TEST_PARITY")
FIRST = {name.split("-")[0]: name for name in reversed(table.CASES)}.values()  # family/library


def test_every_family_has_cases():
    assert set(table.FAMILIES) == set(FAMILIES)


@pytest.mark.parametrize("name", FIRST if CHOSEN == "first" else table.CASES)
def test_features_and_logits(name, tmp_path):
    case = table.CASES[name]
    model, path = prepared(case, tmp_path)
    expected = ran(case, model)
    x = pictures(case.size)
    for dtype in DTYPES if CHOSEN == "all" or name in FIRST else ["float64"]:
        bound = DTYPES[dtype]
        agrees(load_backbone(path, case.architecture, dtype=dtype), x, expected, bound)
