"""The file of runs, going on after an interruption, and what is refused."""

import errno
import os

import jax
import numpy as np
import pytest

from disco_jax.backbones import of_function
from disco_jax.comparison import read_accuracies
from disco_jax.data import open_images
from disco_jax.demo import HUB, TARGET
from disco_jax.finetuning import finetune, finetune_hub, read_runs, recipe, write_runs
from disco_jax.finetuning.parts import drawn, parts
from disco_jax.hubs import read_hub

from ..refusal import refusal
from .pictures import brightness, network, pictures

HOW = recipe(epochs=2, rates=[1e-3, 3e-3], samples=60, seeds=2)


@pytest.fixture(autouse=True)
def optax_promotes():
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="module")
def models():
    return read_hub(HUB)[:2]


@pytest.fixture(scope="module")
def images():
    return open_images(str(TARGET), "all")


@pytest.fixture(scope="module")
def whole(models, images, tmp_path_factory):
    """An undisturbed run: its file and rows."""
    out = tmp_path_factory.mktemp("whole") / "accuracies.csv"
    with jax.numpy_dtype_promotion("standard"):
        return out, list(finetune_hub(models, images, HOW, out))


def test_rows_are_kept_and_read_as_accuracies(whole, models):
    out, runs = whole
    assert [(run.model, run.seed) for run in runs] == [(m.name, s) for m in models for s in (0, 1)]
    assert [run[:3] for run in read_runs(out)] == [
        (r.model, r.dataset, pytest.approx(r.accuracy, rel=1e-5)) for r in runs
    ]
    found = read_accuracies(out)
    mean = np.mean([run.accuracy for run in runs[:2]])
    assert found.datasets["noisy_digits"][models[0].name] == pytest.approx(mean, rel=1e-5)
    assert found.params == {run.model: run.params for run in runs}
    assert os.listdir(out.parent) == [out.name]


def test_each_row_has_a_learning_curve(whole):
    for run in read_runs(whole[0]):
        curve = [float(each) for each in run.curve.split()]
        assert len(curve) == run.epochs and curve[-1] == pytest.approx(run.validation, rel=1e-5)


def test_a_file_without_curves_is_read_and_gone_on_with(whole, models, images, tmp_path):
    out, runs = whole
    old = tmp_path / "accuracies.csv"
    lines = [line.rpartition(",")[0] for line in out.read_text().splitlines()]
    old.write_text("\n".join(lines[:-1]) + "\n")
    assert [run.curve for run in read_runs(old)] == ["", "", ""]
    assert read_accuracies(old, holes=True).params == {run.model: run.params for run in runs}
    again = list(finetune_hub(models, images, HOW, old))
    assert again[-1] == runs[-1]
    header, *rows, last = old.read_text().splitlines()
    assert [header, last] == [out.read_text().splitlines()[place] for place in (0, -1)]
    assert rows == [f"{line}," for line in lines[1:-1]]


@pytest.mark.parametrize("at", [1, 2, 4, 5, 7])
def test_going_on_gives_the_same(whole, models, images, tmp_path, at):
    out = tmp_path / "accuracies.csv"

    def killed(what, done, total):
        assert total == 12
        if done == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(finetune_hub(models, images, HOW, out, progress=killed))
    shown = []
    again = finetune_hub(models, images, HOW, out, progress=lambda *said: shown.append(said))
    assert [run[:3] for run in again] == [
        (r.model, r.dataset, pytest.approx(r.accuracy, rel=1e-5)) for r in whole[1]
    ]
    assert shown[-1][1:] == (12, 12) and len(shown) <= 12 - at + 3
    assert out.read_text() == whole[0].read_text()


def test_a_damaged_state_is_as_good_as_none(whole, models, images, tmp_path):
    out = tmp_path / "accuracies.csv"
    (tmp_path / ".accuracies.csv.state").write_bytes(b"PK\x03\x04 nothing")
    list(finetune_hub(models, images, HOW, out))
    assert out.read_text() == whole[0].read_text()


def test_another_recipe_needs_another_file(whole, models, images):
    out, _ = whole
    other = HOW._replace(epochs=3)
    call = lambda: list(finetune_hub(models, images, other, out))  # noqa: E731
    refusal(call, "out", "epochs 2", "asked was 3", file=str(out))


def test_other_files_are_refused(tmp_path):
    for text, word in (("model,a\nx,1\n", "other"), ("\x00", "other"), ('"', "CSV")):
        (tmp_path / "a.csv").write_text(text)
        refusal(lambda: read_runs(tmp_path / "a.csv"), "out", word, file=str(tmp_path / "a.csv"))


def test_a_curve_that_is_text_is_refused(whole, tmp_path):
    out = tmp_path / "a.csv"
    out.write_text(whole[0].read_text().rstrip("\n") + " soon\n")
    refusal(lambda: read_runs(out), "out", "damaged", "soon", file=str(out))


def test_a_full_disk_is_one_line(whole, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    out = tmp_path / "a.csv"
    refusal(lambda: write_runs(out, whole[1]), "file", "the disk is full", file=str(out))
    assert not os.listdir(tmp_path)


def test_pictures_that_cannot_be_learnt_from():
    one = pictures(labels=np.ones(120, int))
    refusal(lambda: finetune(network(), one), "labels", "one class", file="corners")
    named = pictures(splits=np.full(120, "val"))
    refusal(lambda: finetune(network(), named), "split", "no 'train'", file="corners")
    few = pictures(9)
    refusal(lambda: finetune(network(), few), "images", "7 pictures to train", file="corners")
    both = pictures(targets=brightness())
    refusal(lambda: finetune(network(), both), "task", "several", file="corners")


def test_recipes_that_cannot_be_followed():
    for wrong, field in (
        ({"tune": "last"}, "tune"),
        ({"rates": []}, "rates"),
        ({"rates": [1e-3, 1e-3]}, "rates"),
        ({"rates": [float("nan")]}, "rates"),
        ({"epochs": 0}, "epochs"),
        ({"seeds": 0}, "seeds"),
    ):
        refusal(lambda w=wrong: recipe(**w), field, file="finetune")


def test_a_network_of_one_size_only():
    def fixed(w, x):
        return x.reshape(len(x), 8 * 8 * 3) * w

    backbone = of_function("fixed", fixed, np.float32(1), network().preprocessing)
    call = lambda: finetune(backbone, pictures(), pixels=4)  # noqa: E731
    refusal(call, "pixels", "no pictures of 4 pixels", file="fixed")


def test_data_without_splits_are_divided():
    images = pictures(splits=None)
    of = parts(images, "classification", None)
    assert len(of.train.answers) == 90 and len(of.test.answers) == 30
    assert not set(of.train.images.ids) & set(of.test.images.ids)


def test_shares_are_drawn_within_groups():
    groups = np.repeat(np.arange(50), np.arange(1, 51))
    share = drawn(groups, 0.2, seed=3)
    counts = np.bincount(groups[share], minlength=50)
    assert counts[0] == 0 and (counts <= np.ceil(0.2 * np.arange(1, 51))).all()
    assert abs(share.mean() - 0.2) < 0.02
    assert (drawn(groups, 0.2, seed=3) == share).all() and (
        drawn(groups, 0.2, seed=4) != share
    ).any()
