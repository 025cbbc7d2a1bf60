"""Some networks against what their libraries gave, where these are not installed."""

import pytest

from disco_jax.backbones.loading import load_backbone

from . import table
from .case import DTYPES, agrees, pictures
from .golden import restored

GOLDEN = [name for name, case in table.CASES.items() if case.golden]


def test_every_family_has_one():
    assert {name.split("/")[0] for name in GOLDEN} == set(table.FAMILIES)


@pytest.mark.parametrize("name", GOLDEN)
def test_features_and_logits(name, tmp_path):
    family, case = name.split("/")[0], table.CASES[name]
    path, outputs = restored(family, case, tmp_path)
    backbone = load_backbone(path, case.architecture, dtype="float64")
    agrees(backbone, pictures(case.size), outputs, DTYPES["float64"])
