"""The bundled hub: its files fit together, and `disco-jax rank` without arguments uses them."""

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import weightedtau

from disco_jax import demo
from disco_jax.backbones import write_graph
from disco_jax.backbones.loading import load_backbone
from disco_jax.cli.app import main
from disco_jax.comparison.accuracies import read_accuracies
from disco_jax.data import open_images
from disco_jax.data.digits import read_digits
from disco_jax.demo import finetune, pretrain, target, tasks
from disco_jax.demo.networks import drawn
from disco_jax.demo.training import Recipe, fine_tuned, trainer
from disco_jax.hubs.listing import read_hub

MODELS = {model.name: model for model in read_hub(demo.HUB)}
METRICS = ["disco:mode=tuned", "ridge_loo", "logme", "knn", "disco"]


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["disco-jax", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code


def test_the_files_fit_together():
    assert list(MODELS) == [model.name for model in pretrain.HUB_MODELS]
    assert {m.weights for m in MODELS.values()} == set(map(str, (demo.FOLDER / "nets").iterdir()))
    table = read_accuracies(demo.ACCURACIES, models=list(MODELS))
    assert list(table.datasets) == [demo.TARGET.stem]
    assert table.params == {name: finetune.params(model) for name, model in MODELS.items()}
    size = sum(path.stat().st_size for path in demo.FOLDER.rglob("*") if path.suffix != ".pyc")
    assert size < 3e6


def test_the_target_is_noise_on_the_digits_that_no_network_saw():
    packed, digits = open_images(str(demo.TARGET)), read_digits()
    rest = digits.take(np.arange(target.SOURCE, len(digits)))
    np.testing.assert_array_equal(packed.labels, rest.labels)
    expected = target.noisy(rest, np.random.default_rng(0))
    for place in (0, 400, len(packed) - 1):
        np.testing.assert_array_equal(np.asarray(packed.read(place)), expected[place])
    labelled = open_images(str(demo.TARGET), "train")
    np.testing.assert_array_equal(np.bincount(labelled.labels), [target.LABELLED] * 10)
    assert set(target.source().ids).isdisjoint(rest.ids)


def test_the_untrained_network_is_as_drawn(tmp_path):
    place, model = next((i, m) for i, m in enumerate(pretrain.HUB_MODELS) if m.task is None)
    names = [f"class {digit}" for digit in range(10)]
    network = drawn(model.name, model.width, model.blocks, names, place)
    write_graph(tmp_path / "drawn.npz", *network)
    ours, theirs = np.load(tmp_path / "drawn.npz"), np.load(MODELS[model.name].weights)
    assert ours.files == theirs.files
    for name in set(ours.files) - {"graph"}:
        np.testing.assert_array_equal(ours[name], theirs[name])


@pytest.mark.parametrize("task", [model.task for model in pretrain.HUB_MODELS if model.task])
def test_tasks(task):
    x = np.arange(7 * 64, dtype=np.uint8).reshape(7, 8, 8)
    y = np.arange(7) % 5
    before = x.copy()
    pictures, classes = task(x, y, np.random.default_rng(0))
    again = task(x, y, np.random.default_rng(0))
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(again[0], pictures)
    np.testing.assert_array_equal(again[1], classes)
    assert pictures.dtype == np.uint8 and pictures.shape == (len(classes), 8, 8)
    assert classes.min() >= 0 and classes.max() < 5


def test_pairs_know_both_digits():
    x = np.where(np.arange(4)[:, None, None] == np.arange(8)[None, :, None], 200, 0)
    x = np.broadcast_to(x, (4, 8, 8)).astype(np.uint8)
    pictures, classes = tasks.pairs(x, np.arange(4), np.random.default_rng(0))
    sums = [np.flatnonzero(each[:, 0]) for each in pictures]
    for rows, parity in zip(sums, classes, strict=True):
        assert parity == (rows.sum() if len(rows) == 2 else 0) % 2


@pytest.fixture
def optax_promotes():
    """Optax multiplies counts by rates, which strict promotion forbids."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.usefixtures("optax_promotes")
def test_trainer_finds_the_minimum():
    target_ = np.array([1.0, -2.0])
    rows = np.broadcast_to(target_, (8, 2))
    descend = trainer(lambda p, x: jnp.mean((p[None] - x) ** 2), Recipe(300, 4, 0.1))
    found = descend(jnp.zeros(2), (rows,), 0)
    np.testing.assert_allclose(found, target_, atol=1e-3)


@pytest.mark.usefixtures("optax_promotes")
def test_fine_tuning_learns_and_repeats():
    model = MODELS["digits_small"]
    backbone = load_backbone(model.weights, model.architecture)
    train = finetune.pictures("train", backbone.preprocessing)
    recipe = Recipe(120, 50, 3e-3)
    first, second, other = fine_tuned(
        backbone, train, train, num_classes=10, recipe=recipe, seeds=(0, 0, 1)
    )
    assert first == second and min(first, other) > 0.9


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("here")


@pytest.fixture(scope="module")
def result(folder):
    """What `disco-jax rank --format json` prints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        out = folder / "out.json"
        with open(out, "w") as file:
            patch.setattr(sys, "stdout", file)
            assert run(patch, "rank", "--format", "json") == 0
    return json.loads(out.read_text())


def test_rank_without_arguments(result, folder):
    assert result["metrics"] == METRICS and list(result["scores"]) == list(MODELS)
    truth = read_accuracies(demo.ACCURACIES).datasets
    assert result["accuracies"] == truth
    order = list(MODELS)
    y = [truth[demo.TARGET.stem][model] for model in order]
    for spec in METRICS:
        x = [result["scores"][model][spec] for model in order]
        assert result["agreement"][spec]["tau_w"] == pytest.approx(weightedtau(x, y)[0], abs=1e-12)
    assert set(result["controls"]) == {"params", "random"}
    page = (folder / "report.html").read_text()
    assert all(model in page for model in MODELS) and "Were the scores right?" in page


def test_the_table_is_the_same_every_time(result, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run(monkeypatch, "rank") == 0
    lines = capsys.readouterr().out.splitlines()
    words = [line.split() for line in lines[:-2]]
    rows = [row for row in words if row and row[0] in MODELS]
    truth = result["accuracies"][demo.TARGET.stem]
    for row, model in zip(rows, result["ranking"][METRICS[0]], strict=True):
        scores = [f"{result['scores'][model][spec]:.4g}" for spec in METRICS]
        assert row == [model, f"{truth[model]:.3f}", *scores]
    last = next(line for line in lines if line.startswith("tau_w")).split()
    assert last[1:] == [f"{result['agreement'][spec]['tau_w']:.3f}" for spec in METRICS]
    sure = "digits_large ranks first of 10 models by disco:mode=tuned, in 100 % of the resamples."
    assert lines[-3].endswith("have 16 to 32 columns: follow disco:mode=tuned")
    assert lines[-2:] == [sure, f"report: {folder.resolve() / 'report.html'}"]
    assert result["intervals"][METRICS[0]]["resamples"] == 100


@pytest.mark.parametrize("half", [["--hub", "hub.toml"], ["--data", "sk_digits"]])
def test_half_of_the_arguments_is_wrong_use(half, monkeypatch, capsys):
    assert run(monkeypatch, "rank", *half) == 2
    assert "give both --hub and --data" in capsys.readouterr().err
