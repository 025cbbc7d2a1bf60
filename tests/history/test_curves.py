"""Learning curves read from files of past accuracies."""

import pytest

from disco_jax.history import read_curves

from ..refusal import refusal

HEADER = "model,dataset,accuracy,curve\n"


def test_curves_by_model(tmp_path):
    file = tmp_path / "past.csv"
    file.write_text(HEADER + "a,x,0.8,0.1 0.7\na,y,0.5,0.2\nb,x,0.6,\nc,x,0.1,0.3 nan\n")
    assert read_curves(file) == {"a": [((0.1, 0.7), 0.8), ((0.2,), 0.5)]}


@pytest.mark.parametrize("text", ["model,x\na,0.5\n", "model,dataset,accuracy\na,x,0.5\n"])
def test_other_tables_have_none(tmp_path, text):
    file = tmp_path / "past.csv"
    file.write_text(text)
    assert read_curves(file) == {}


def test_a_curve_that_is_text(tmp_path):
    file = tmp_path / "past.csv"
    file.write_text(HEADER + "a,x,0.8,0.1 0.7\na,y,0.8,soon\n")
    refusal(lambda: read_curves(file), "line 3", "'soon' as 'curve'", file=str(file))
