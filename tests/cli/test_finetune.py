"""`disco-jax finetune`: what it prints, the file it leaves, and what it refuses."""

import json

import jax
import pytest

from disco_jax.demo import HUB, TARGET

from ..command_line import refused


@pytest.fixture(autouse=True)
def optax_promotes():
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture
def hub(tmp_path):
    file = tmp_path / "hub.toml"
    models = "".join(
        f'[[models]]\nname = "{name}"\nweights = "{HUB.parent / "nets" / name}.npz"\n'
        for name in ("untrained", "digits_small")
    )
    file.write_text(models)
    return file


def test_its_file_is_the_truth_of_rank(hub, tmp_path, run):
    out = tmp_path / "accuracies.csv"
    given = ["--hub", hub, "--data", TARGET, "--tune", "head", "--epochs", 2, "--seeds", 2]
    given += ["--samples", 60, "--rates", "1e-2", "--out", out]
    code, printed, err = run("finetune", *given)
    assert (code, err) == (0, "") and printed.splitlines()[-1] == f"4 runs in {out}"
    assert [line.split()[:2] for line in printed.splitlines()[1:3]] == [
        ["untrained", "noisy_digits"],
        ["digits_small", "noisy_digits"],
    ]
    kept = out.read_text()
    runs = json.loads(run("finetune", *given, "--format", "json")[1])["runs"]
    assert out.read_text() == kept and [each["seed"] for each in runs] == [0, 1, 0, 1]
    again = ["--hub", hub, "--data", TARGET, "--metrics", "knn", "--accuracies", out]
    found = json.loads(run("rank", *again, "--format", "json")[1])
    means = found["accuracies"]["noisy_digits"]
    assert means["untrained"] == pytest.approx((runs[0]["accuracy"] + runs[1]["accuracy"]) / 2)


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (["--tune", "last"], ["tune: 'last' is unknown; choose all, block, head"]),
        (["--rates", "1e-3,fast"], ["rates: '1e-3,fast' are no numbers"]),
        (["--rates", "0"], ["rates", "give numbers above 0"]),
        (["--data", TARGET], ["data: two have one name"]),
        (["--task", "regression"], ["no targets for regression"]),
    ],
)
def test_wrong_use(hub, tmp_path, run, given, parts):
    out = tmp_path / "accuracies.csv"
    found = run("finetune", "--hub", hub, "--data", TARGET, "--out", out, *given)
    refused(found, *parts)
    assert not out.exists()
