import pytest

from disco_jax.sweep import write_plan

from .plans import planned


@pytest.fixture
def folder(tmp_path):
    """A plan of four models, one with a layer, on three data sets: 15 cells."""
    write_plan(tmp_path / "PLAN", planned())
    return tmp_path / "PLAN"


@pytest.fixture
def table(tmp_path):
    """The table of one process that did everything."""
    from disco_jax.sweep import collect, work

    from .plans import drawn

    write_plan(tmp_path / "alone", planned())
    assert work(tmp_path / "alone", open_model=drawn) == (0, 0)
    collect(tmp_path / "alone", tmp_path / "alone.csv")
    return (tmp_path / "alone.csv").read_bytes()
