"""What a plan says, what the names in it depend on, and which folders are refused."""

import json
import shutil

import numpy as np
import pytest

from disco_jax.demo import HUB, TARGET
from disco_jax.errors import InputError
from disco_jax.hubs import HubModel
from disco_jax.sweep import plan_of, read_plan, write_plan

from ..refusal import refusal
from .plans import planned

NETS = HUB.parent / "nets"


@pytest.fixture
def model(tmp_path):
    shutil.copy(NETS / "digits_small.npz", tmp_path / "net.npz")
    return HubModel("net", str(tmp_path / "net.npz"))


def keys(model, data=TARGET, **how):
    plan = plan_of([model], [str(data)], **{"metrics": "disco", **how})
    return plan.models[0].key, plan.data[0].key


def test_a_key_changes_with_all_that_decides(model, tmp_path):
    first = keys(model)
    assert keys(model) == first
    moved = tmp_path / "elsewhere.npz"
    shutil.copy(model.weights, moved)
    assert keys(model._replace(weights=str(moved))) == first  # the content counts, not its place
    changed = {
        "layers": keys(model._replace(layers=("last",))),
        "preprocess": keys(model._replace(preprocess={"size": 16})),
        "dtype": keys(model, dtype="bfloat16"),
        "weights": keys(model._replace(weights=str(NETS / "digits_large.npz"))),
        "hf": keys(model._replace(weights="hf://a/b@1")),
        "revision": keys(model._replace(weights="hf://a/b@2")),
    }
    of_models = {name: found[0] for name, found in changed.items()} | {"first": first[0]}
    assert len(set(of_models.values())) == len(of_models)
    assert {found[1] for found in changed.values()} == {first[1]}

    changed = {
        "metrics": keys(model, metrics="disco,knn"),
        "split": keys(model, split="test"),
        "content": keys(model, _changed_pack(tmp_path / TARGET.name)),
    }
    of_data = {name: found[1] for name, found in changed.items()} | {"first": first[1]}
    assert len(set(of_data.values())) == len(of_data)
    assert {found[0] for found in changed.values()} == {first[0]}


def _changed_pack(path):
    with np.load(TARGET) as archive:
        arrays = dict(archive)
    arrays["label"] = arrays["label"][::-1].copy()
    np.savez(path, **arrays)
    return path


def test_other_versions_make_other_names(model, monkeypatch):
    first = keys(model)
    monkeypatch.setattr("disco_jax.sweep.planning.versions", lambda: {"jax": "0"})
    assert keys(model)[0] != first[0]


def test_a_configuration_beside_the_weights_decides_too(tmp_path):
    folder = tmp_path / "net"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    model = HubModel("net", str(folder))
    first = keys(model)
    (folder / "config.json").write_text("{}")
    assert keys(model) != first


def test_it_is_read_as_it_was_written_and_counts_layers(tmp_path):
    plan = planned(models=3, data=2, layers=("block", "map"))
    write_plan(tmp_path, plan)
    assert read_plan(tmp_path) == plan
    assert plan.cells == (3 + 1 + 1) * 2


def test_sources_are_found_from_any_folder(model, tmp_path, monkeypatch):
    shutil.copy(TARGET, tmp_path / "here.npz")
    monkeypatch.chdir(tmp_path)
    plan = plan_of([model._replace(weights="net.npz")], ["here.npz"])
    assert plan.data[0].source == str(tmp_path / "here.npz")
    assert plan.models[0].entry["weights"] == str(tmp_path / "net.npz")


def test_one_plan_to_a_folder(tmp_path):
    write_plan(tmp_path, planned())
    before = (tmp_path / "plan.json").read_bytes()
    write_plan(tmp_path, planned())
    where = str(tmp_path)
    refusal(lambda: write_plan(tmp_path, planned(5)), "out", "another plan", file=where)
    assert (tmp_path / "plan.json").read_bytes() == before


def test_data_of_one_name_are_refused(model):
    refusal(lambda: plan_of([model], [str(TARGET)] * 2), "data", "two are called", file="plan")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: found.update(format=99), "of form 99"),
        (lambda found: found.pop("models"), "damaged"),
        (lambda found: found.pop("format"), "no plan"),
        (lambda found: found["data"][0].pop("key"), "damaged"),
    ],
)
def test_what_is_no_plan_is_refused(folder, change, says):
    found = json.loads((folder / "plan.json").read_text())
    change(found)
    (folder / "plan.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match=says):
        read_plan(folder)


def test_a_folder_without_a_plan_is_refused(tmp_path):
    refusal(lambda: read_plan(tmp_path), "plan", "cannot be read", file=str(tmp_path / "plan.json"))
