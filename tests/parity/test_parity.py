"""Every network against its library's own, with the same random weights."""

import importlib.util

import pytest

from disco_jax.backbones.loading import FAMILIES, load_backbone

from . import table
from .case import DTYPES, agrees, pictures
from .libraries import prepared, ran

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="no torch: make parity"),
    pytest.mark.filterwarnings("default"),  # other people's
]


def test_every_family_has_cases():
    assert set(table.FAMILIES) == set(FAMILIES)


@pytest.mark.parametrize("name", table.CASES)
def test_features_and_logits(name, tmp_path):
    case = table.CASES[name]
    model, path = prepared(case, tmp_path)
    expected = ran(case, model)
    x = pictures(case.size)
    for dtype, bound in DTYPES.items():
        agrees(load_backbone(path, case.architecture, dtype=dtype), x, expected, bound)
