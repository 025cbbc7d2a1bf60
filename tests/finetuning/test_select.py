"""A selection: its winner is a full run, it goes on after an interruption, and what is refused."""

import json

import jax
import numpy as np
import pytest

from disco_jax.data import open_images
from disco_jax.demo import HUB, TARGET
from disco_jax.extraction import opened
from disco_jax.finetuning import entered, finetune, read_runs, recipe, select_hub
from disco_jax.hubs import read_hub

from ..refusal import refusal

HOW = recipe("head", epochs=4, rates=[3e-3, 1e-2, 1e38], samples=60)
EPOCHS = 3 * 3 * 1 + 2 * 1 + 1 * 2  # three networks at three rates, then two, then one


@pytest.fixture(autouse=True)
def optax_promotes():
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="module")
def models():
    return read_hub(HUB)[:3]


@pytest.fixture(scope="module")
def images():
    return open_images(str(TARGET), "all")


@pytest.fixture(scope="module")
def whole(models, images, tmp_path_factory):
    """An undisturbed selection."""
    out = tmp_path_factory.mktemp("whole") / "accuracies.csv"
    with jax.numpy_dtype_promotion("standard"):
        return out, select_hub(models, images, HOW, out)


def test_half_is_dropped_until_one_is_left(whole, models):
    out, found = whole
    names = [model.name for model in models]
    assert (found.stages[0].epochs, list(found.stages[0].tried)) == (1, names)
    inside = names
    for stage in found.stages:
        assert list(stage.predicted) == inside
        for name, rate in stage.rates.items():
            known = {r: v for r, v in stage.tried[name].items() if np.isfinite(v)}
            assert known[rate] == max(known.values()) == stage.predicted[name]
        inside = [name for name in inside if name not in stage.dropped]
        worst = min(stage.predicted[name] for name in inside)
        assert all(stage.predicted[name] <= worst for name in stage.dropped)
    assert inside == [found.run.model]
    assert (found.spent, found.whole) == (EPOCHS, 3 * 3 * 4)
    assert found.saved == pytest.approx(1 - EPOCHS / 36)
    assert [run[:3] for run in read_runs(out)] == [
        (found.run.model, "noisy_digits", pytest.approx(found.run.accuracy, rel=1e-5))
    ]
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_run_that_is_left_is_a_full_one(whole, models, images):
    _, found = whole
    (model,) = [each for each in models if each.name == found.run.model]
    (full,) = finetune(
        opened(model), images, tune="head", epochs=4, rates=[found.run.rate], samples=60
    )
    same = ("accuracy", "rate", "validation", "curve", "weights", "data")
    assert [getattr(full, name) for name in same] == [getattr(found.run, name) for name in same]
    assert (full.status, found.run.status) == ("done", "selected")
    first = found.stages[0].tried[found.run.model]
    assert found.run.validations == " ".join(f"{value:.6g}" for value in first.values())


@pytest.mark.parametrize("at", [2, 7, 12])
def test_going_on_gives_the_same(whole, models, images, tmp_path, at):
    out = tmp_path / "accuracies.csv"

    def killed(what, done, total):
        assert total == EPOCHS
        if done == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        select_hub(models, images, HOW, out, progress=killed)
    shown = []
    again = select_hub(models, images, HOW, out, progress=lambda *said: shown.append(said))
    assert repr(again) == repr(whole[1]) and out.read_text() == whole[0].read_text()
    assert shown[-1][1:] == (EPOCHS, EPOCHS)


def test_only_the_epoch_that_was_lost_is_trained_again(
    whole, models, images, tmp_path, monkeypatch
):
    out, trained, count = tmp_path / "accuracies.csv", entered.trained, []

    def counting(*given):
        *rest, after = given

        def once(now):
            count.append(now.rate)
            after(now)

        return trained(*rest, once)

    def killed(what, done, total):
        if done == 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(entered, "trained", counting)
    with pytest.raises(KeyboardInterrupt):
        select_hub(models, images, HOW, out, progress=killed)
    assert len(count) == 10
    select_hub(models, images, HOW, out)
    assert len(count) == EPOCHS
    done = select_hub(models, images, HOW, out)
    assert len(count) == EPOCHS
    assert [repr(part) for part in done[1:]] == [repr(part) for part in whole[1][1:]]


def test_curves_of_the_past_decide(models, images, whole, tmp_path):
    out, (_, found) = tmp_path / "accuracies.csv", whole
    late = found.stages[0].dropped[0]
    past = {model.name: [((0.5, 0.5), 0.5)] for model in models}
    other = select_hub(models, images, HOW, out, past={**past, late: [((0.1, 0.2, 0.8), 0.9)]})
    assert other.run.model == late
    same = select_hub(models, images, HOW, out, past={"unknown": [((0.1, 0.2, 0.8), 0.9)]})
    assert same.run[:3] == found.run[:3]  # trained again, as its state was gone


def test_a_damaged_state_is_as_good_as_none(whole, models, images, tmp_path):
    out = tmp_path / "accuracies.csv"
    select_hub(models, images, HOW, out)
    for file in (tmp_path / ".accuracies.csv.select").iterdir():
        file.write_bytes(b"PK\x03\x04 nothing")
    assert select_hub(models, images, HOW, out).stages[0].rates == whole[1].stages[0].rates


def test_where_all_diverge_the_first_is_left(models, images, tmp_path):
    how = HOW._replace(rates=(1e38,))
    found = select_hub(models[:2], images, how, tmp_path / "accuracies.csv")
    assert (found.run.model, found.run.status) == (models[0].name, "diverged")
    assert (found.spent, found.whole, found.run.curve) == (2, 8, "nan")
    json.dumps({**found.to_dict(), **found.run.to_dict()}, allow_nan=False)


def test_selections_that_cannot_be_made(models, images, tmp_path):
    out = tmp_path / "accuracies.csv"
    one = lambda: select_hub(models[:1], images, HOW, out)  # noqa: E731
    refusal(one, "models", "two networks or more", file="select")
    several = HOW._replace(seeds=2)
    call = lambda: select_hub(models, images, several, out)  # noqa: E731
    refusal(call, "seeds", "one is run", file="select")
    assert not list(tmp_path.iterdir())
