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


def test_selecting_says_what_it_took(hub, tmp_path, run):
    past, out = tmp_path / "past.csv", tmp_path / "accuracies.csv"
    given = ["finetune", "--hub", hub, "--data", TARGET, "--tune", "head", "--epochs", 4]
    given += ["--samples", 60, "--rates", "3e-3,1e-2"]
    run(*given, "--out", past)
    given += ["--out", out, "--select", "--recall", 2, "--history", past]
    code, printed, err = run(*given)
    assert (code, err) == (0, "")
    found = json.loads(run(*given, "--format", "json")[1])
    ((row,), (selection,)) = found["runs"], found["selections"]
    assert (row["model"], row["status"]) == (selection["selected"], "selected")
    assert selection["cost"] == {"epochs": 10, "epochs_of_all": 16, "saved": 0.375}
    (stage,) = selection["stages"]
    assert stage["epochs"] == 2 and set(stage["dropped"]) < {"untrained", "digits_small"}
    *lines, last = printed.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [row["model"], *stage["dropped"]]
    took = f"{row['model']} for noisy_digits: 10 of 16 epochs, 38% saved"
    assert last == f"{took}; its run is in {out}"
    assert len(out.read_text().splitlines()) == 2
    wide = tmp_path / "wide.csv"
    wide.write_text("model,x\nuntrained,0.3\ndigits_small,0.8\n")
    assert "no learning curves" in run(*given[:-1], wide)[2]


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (["--tune", "last"], ["tune: 'last' is unknown; choose all, block, head"]),
        (["--rates", "1e-3,fast"], ["rates: '1e-3,fast' are no numbers"]),
        (["--rates", "0"], ["rates", "give numbers above 0"]),
        (["--data", TARGET], ["data: two have one name"]),
        (["--task", "regression"], ["no targets for regression"]),
        (["--select", "--recall", 2], ["recall: there are no records; give a history"]),
        (["--history", "past.csv"], ["history: nothing reads it; add --select or --recall"]),
        (["--select", "--seeds", 2], ["seeds: 2, of which one is run"]),
    ],
)
def test_wrong_use(hub, tmp_path, run, given, parts):
    out = tmp_path / "accuracies.csv"
    found = run("finetune", "--hub", hub, "--data", TARGET, "--out", out, *given)
    refused(found, *parts)
    assert not out.exists()


def test_a_selection_of_one(hub, tmp_path, run):
    past, out = tmp_path / "past.csv", tmp_path / "accuracies.csv"
    past.write_text("model,dataset,accuracy,curve\nuntrained,x,0.3,0.2\ndigits_small,x,0.8,0.7\n")
    given = ["finetune", "--hub", hub, "--data", TARGET, "--out", out, "--select"]
    found = run(*given, "--history", past, "--recall", 1)
    refused(found, "models: only digits_small; give two networks or more")
    past.write_text("model,dataset,accuracy,curve\nuntrained,x,0.3,fast\ndigits_small,x,0.8,\n")
    refused(run(*given, "--history", past), f"{past}: line 2: has 'fast' as 'curve'")
    assert not out.exists()
