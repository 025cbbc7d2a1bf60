"""`disco-jax synbench`."""

import json

import pytest

from disco_jax.cli import synbench as command
from disco_jax.demo import HUB
from disco_jax.synbench import measure

from ..command_line import refused


def test_scores_of_a_hub(tmp_path, run, monkeypatch):
    few = lambda *given, **how: measure(*given, **how, scales=(0.5, 2.0))  # noqa: E731
    monkeypatch.setattr(command, "measure", few)
    hub = tmp_path / "hub.toml"
    nets = HUB.parent / "nets"
    names = ("untrained", "digits_small")
    entries = [f'[[models]]\nname = "{n}"\nweights = "{nets / n}.npz"\n' for n in names]
    hub.write_text("".join(entries))
    given = ["synbench", "--hub", hub, "--images", 100]
    code, printed, err = run(*given, "--format", "json")
    found = json.loads(printed)
    assert (code, err) == (0, "") and set(found["scores"]) == {*names} == {*found["details"]}
    for name in names:
        details = found["details"][name]
        assert found["scores"][name] == details["scores"]["0"]
        assert [len(each) for each in details["accuracies"].values()] == [2] * 5
        assert 0 <= found["scores"][name] < 1.5
    code, printed, _ = run(*given)
    lines = printed.splitlines()
    assert lines[1].split()[0] == found["ranking"][0] and len(lines) == 4


@pytest.mark.parametrize(
    ("given", "parts"), [(["--threshold", "1"], ["threshold"]), (["--hub", "none.toml"], ["hub"])]
)
def test_wrong_use(run, given, parts):
    refused(run("synbench", "--hub", HUB, *given), *parts)
