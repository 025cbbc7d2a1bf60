"""`disco-jax merge`: two branches of one network, chosen by a score, and what is refused."""

import json

import jax
import pytest

from disco_jax.backbones import load_backbone
from disco_jax.demo import HUB, TARGET
from disco_jax.demo.branches import START, accuracy, branch

from ..command_line import refused


@pytest.fixture(scope="module")
def branches(tmp_path_factory):
    folder = tmp_path_factory.mktemp("branches")
    with jax.numpy_dtype_promotion("standard"):
        return [branch(folder, name) for name in ("low", "high")]


def test_a_score_finds_a_merge_that_knows_what_both_know(branches, tmp_path, run):
    out = tmp_path / "merged.npz"
    given = ["merge", *branches, "--choose", "knn", "--data", TARGET, "--out", out]
    code, printed, err = run(*given, "--format", "json")
    found = json.loads(printed)
    assert (code, err) == (0, "") and found["tensors"]["merged"] == 14
    scores = found["chosen"]["scores"]
    assert len(scores) == 11 and found["chosen"]["metric"] == "knn"
    assert scores[f"{found['coefficient']:g}"] == max(scores.values())
    ends = [scores["0"], scores["1"]]
    assert ends == pytest.approx([found["chosen"]["given"][str(path)] for path in branches])
    truth = [accuracy(load_backbone(path)) for path in (out, *branches)]
    assert truth[0] > max(truth[1:]) + 0.1


def test_models_of_a_hub_and_a_table(branches, tmp_path, run):
    hub = tmp_path / "hub.toml"
    names = {"low": branches[0], "high": branches[1], "start": START}
    entries = [f'[[models]]\nname = "{name}"\nweights = "{path}"\n' for name, path in names.items()]
    hub.write_text("".join(entries))
    out = tmp_path / "merged.npz"
    given = ["--hub", hub, "--base", "start", "--method", "ties", "--out", out]
    code, printed, err = run("merge", "low", "high", *given)
    assert (code, err) == (0, "")
    assert printed == (f"ties with lambda = 1 in {out}; tensors: 14 merged, 0 averaged, 0 kept\n")
    assert accuracy(load_backbone(out)) > 0.8
    code, printed, err = run("merge", *branches, "--base", START, "--out", out)
    assert (code, err) == (0, "")
    assert printed.startswith(f"average with equal weights in {out}; tensors: 14 merged")


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (["--method", "mean"], ["method: 'mean' is unknown"]),
        (["--choose", "knn"], ["data: missing beside choose"]),
        (["--data", TARGET], ["choose: missing beside data"]),
        (["--choose", "knn,logme", "--data", TARGET], ["choose: several metrics"]),
        (["--choose", "kn", "--data", TARGET], ["did you mean"]),
        (["--choose", "knn", "--data", TARGET, "--coefficient", "0.5"], ["one of the two"]),
        (["--method", "ties"], ["base: missing for ties"]),
    ],
)
def test_wrong_use(branches, tmp_path, run, given, parts):
    out = tmp_path / "merged.npz"
    refused(run("merge", *branches, "--out", out, *given), *parts)
    assert not out.exists()


def test_the_bundled_networks_have_other_heads(tmp_path, run):
    out = tmp_path / "merged.npz"
    refused(run("merge", "pairs", "untrained", "--hub", HUB, "--out", out), "b06", "shape (10,)")
