"""Checkpoints in, a checkpoint out: kinds of tensors, formats, and what is refused."""

import json

import ml_dtypes
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from disco_jax.demo import HUB
from disco_jax.hubs import HubModel
from disco_jax.merging import merge_checkpoints

from ..refusal import refusal

NETS = HUB.parent / "nets"


def tensors(seed, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return {
        "bn.num_batches_tracked": np.array(100 + seed),
        "bn.running_var": rng.uniform(0.1, 2, 4).astype(np.float32),
        "conv.weight": rng.normal(size=(4, 3, 3, 3)).astype(dtype),
        "positions": np.arange(6),
    }


@pytest.fixture
def store(tmp_path):
    def write(name, content):
        path = tmp_path / f"{name}.safetensors"
        save_file(content, path, {"format": "pt"})
        return HubModel(path.stem, str(path))

    return write


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
def test_weights_are_merged_statistics_averaged_and_integers_kept(store, tmp_path, dtype):
    base, one, two = (store(f"net{seed}", tensors(seed, dtype)) for seed in range(3))
    out = tmp_path / "new" / "merged.safetensors"
    done = merge_checkpoints([one, two], out, method="task-arithmetic", base=base, coefficient=1.5)
    assert done.tensors == {"merged": 1, "averaged": 1, "kept": 2}
    found = load_file(out)
    origin, first, second = (tensors(seed, dtype) for seed in range(3))
    assert {k: (x.dtype, x.shape) for k, x in found.items()} == {
        k: (x.dtype, x.shape) for k, x in first.items()
    }
    w = [np.asarray(x["conv.weight"], np.float64) for x in (origin, first, second)]
    moved = w[0] + 1.5 * (w[1] + w[2] - 2 * w[0])
    bound = 2.0**-10 if dtype in (np.float16, ml_dtypes.bfloat16) else 1e-6
    bound = 2.0**-8 if dtype == ml_dtypes.bfloat16 else bound
    np.testing.assert_allclose(
        found["conv.weight"].astype(np.float64), moved, rtol=bound, atol=1e-6
    )
    mean = (first["bn.running_var"] + second["bn.running_var"]) / 2
    np.testing.assert_allclose(found["bn.running_var"], mean, rtol=1e-6)
    assert found["bn.num_batches_tracked"] == 100
    with safe_open(out, "np") as file:
        metadata = file.metadata()
    assert metadata["format"] == "pt"
    assert json.loads(metadata["disco_jax.merge"]) == {
        "method": "task-arithmetic",
        "coefficient": 1.5,
        "networks": ["net1", "net2", "net0"],
    }


def test_a_share_also_weighs_the_statistics(store, tmp_path):
    one, two = (store(f"net{seed}", tensors(seed)) for seed in range(2))
    out = tmp_path / "merged.safetensors"
    first, second = (tensors(seed)["bn.running_var"] for seed in range(2))
    for share, wanted in ((0.25, 0.75 * first + 0.25 * second), (4.0, second)):
        merge_checkpoints([one, two], out, coefficient=share)
        np.testing.assert_allclose(load_file(out)["bn.running_var"], wanted, rtol=1e-6)


def test_a_fisher_file_says_where_each_network_is_sure(store, tmp_path):
    one, two = (store(f"net{seed}", tensors(seed)) for seed in range(2))
    rows = np.arange(4)[:, None, None, None] < 2
    sure = np.broadcast_to(rows, (4, 3, 3, 3)).astype(np.float32)
    known = [store("f1", {"conv.weight": sure}), store("f2", {"conv.weight": 1 - sure})]
    out = tmp_path / "merged.safetensors"
    files = [tmp_path / f"{each.name}.safetensors" for each in known]
    merge_checkpoints([one, two], out, method="fisher", fisher=files)
    first, second = (tensors(seed)["conv.weight"] for seed in range(2))
    np.testing.assert_allclose(
        load_file(out)["conv.weight"], np.where(rows, first, second), rtol=1e-6
    )
    bad = store("f3", {"conv.weight": sure - 1})
    call = {"method": "fisher", "fisher": [files[0], tmp_path / "f3.safetensors"]}
    refusal(lambda: merge_checkpoints([one, two], out, **call), "conv.weight", file=bad.weights)


def test_graphs_stay_graphs(tmp_path):
    model = HubModel("digits_small", str(NETS / "digits_small.npz"))
    again = tmp_path / "again.npz"
    again.write_bytes((NETS / "digits_small.npz").read_bytes())
    out = tmp_path / "merged.npz"
    merge_checkpoints([model, HubModel("again", str(again))], out)
    with np.load(NETS / "digits_small.npz") as old, np.load(out) as new:
        assert set(old.files) == set(new.files)
        for key in set(old.files) - {"graph"}:
            np.testing.assert_array_equal(old[key], new[key])
        described = json.loads(new["graph"].tobytes())
    assert described["name"] == "merged"
    assert described["origin"] == "average with equal weights of digits_small, again"


def test_what_differs_is_named_by_its_first_key(store, tmp_path):
    out = tmp_path / "merged.safetensors"

    def refused(second, field, *words, file=None):
        models = [store("one", tensors(0)), store("two", second)]
        refusal(
            lambda: merge_checkpoints(models, out), field, *words, file=file or models[1].weights
        )
        assert not out.exists()

    whole = tensors(1)
    refused({k: x for k, x in whole.items() if k < "c"}, "conv.weight", "missing", "one.safe")
    first = str(tmp_path / "one.safetensors")
    refused(whole | {"a.weight": np.ones(3), "z": np.ones(1)}, "a.weight", "missing", file=first)
    refused(whole | {"conv.weight": np.ones((4, 3), np.float32)}, "conv.weight", "(4, 3)")
    refused(whole | {"positions": np.arange(6)[::-1].copy()}, "positions", "quantised")
    refused(whole | {"conv.weight": np.ones((4, 3, 3, 3), np.int8)}, "conv.weight", "int8")


def test_what_cannot_be_merged_or_written(store, tmp_path):
    one, two = (store(f"net{seed}", tensors(seed)) for seed in range(2))
    out = tmp_path / "merged.safetensors"

    def refused(field, *words, models=(one, two), out=out, file="merge", **how):
        refusal(lambda: merge_checkpoints(models, out, **how), field, *words, file=file)

    refused("models", "1 of them", models=[one])
    refused("models", "'net0' is there twice", models=[one, one])
    refused("models", "names no weights", models=[one, HubModel("x")])
    refused("base", "missing for ties", method="ties")
    refused("fisher", "0 files", method="fisher")
    refused("fisher", "leave it out", fisher=[out])
    three = (one, two, store("net2", tensors(2)))
    refused("coefficient", "a share of 3", models=three, coefficient=0.5)
    refused("coefficient", "not finite", coefficient=float("nan"))
    for name in ("m.pth", "m.npz"):
        path = tmp_path / name
        refused("out", "cannot be written of net0", "m.safetensors", out=path, file=str(path))
    path = tmp_path / "net1.safetensors"
    refused("out", "one of the networks", out=path, file=str(path))
    file = str(tmp_path / "net0.safetensors")
    refused("conv.weight", "not finite", coefficient=3e38, file=file)
    assert not out.exists()


def test_heads_of_other_tasks_are_refused_at_the_head(tmp_path):
    models = [HubModel(name, str(NETS / f"{name}.npz")) for name in ("rotated", "rotation")]
    out = tmp_path / "merged.npz"
    refusal(
        lambda: merge_checkpoints(models, out), "b10", "shape (4,)", "(10,)", file=models[1].weights
    )
