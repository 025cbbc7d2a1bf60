"""Features of tokens (n, t, d): how they are pooled, and what is said where nobody says how."""

import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

import disco_jax
from disco_jax.features import stored
from disco_jax.features.files import read_features, write_features
from disco_jax.features.tokens import PooledRows, pooled

from ..command_line import refused
from ..refusal import refusal

rng = np.random.default_rng(0)
T = rng.normal(size=(30, 5, 4)).astype(np.float32)
Y = np.arange(30) % 3
POOLED = {"mean": T.mean(axis=1), "cls": T[:, 0], "max": T.max(axis=1)}


@pytest.mark.parametrize("pool", POOLED)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, ml_dtypes.bfloat16, np.int8])
@pytest.mark.parametrize("make", [np.asarray, jnp.asarray], ids=["numpy", "jax"])
def test_pooling(make, dtype, pool):
    tokens = (10 * T).astype(dtype)
    found = pooled(make(tokens), pool)
    exact = {"mean": np.mean, "max": np.max}.get(pool, lambda x, axis: x[:, 0])
    expected = exact(tokens.astype(np.float64), axis=1)
    assert isinstance(found, type(make(tokens)))
    np.testing.assert_allclose(np.asarray(found, np.float64), expected, rtol=1e-6, atol=1e-5)
    wide = np.float64 if dtype == np.float64 else np.float32
    assert found.dtype == (wide if pool == "mean" else dtype)


@pytest.mark.parametrize("pool", POOLED)
def test_stored_tokens_are_pooled_as_they_are_read(tmp_path, monkeypatch, pool):
    np.save(tmp_path / "a.npy", T)
    found = read_features(tmp_path / "a.npy", pool=pool)
    assert isinstance(found.features, PooledRows) and found.shape == (30, 4)
    np.testing.assert_array_equal(found.read_rows(7, 11), POOLED[pool][7:11])
    np.testing.assert_array_equal(found.in_memory().features, POOLED[pool])
    monkeypatch.setattr(stored, "BLOCK_BYTES", 7 * T[0].nbytes)
    assert [len(block) for block in found.features.blocks()] == [7, 7, 7, 7, 2]
    write_features(found, tmp_path / "b.npz")
    np.testing.assert_array_equal(read_features(tmp_path / "b.npz").features, POOLED[pool])


def test_a_hub_of_tokens_beside_others():
    flat = rng.normal(size=(30, 6)).astype(np.float32)
    expected = disco_jax.score({"t": POOLED["mean"], "f": flat}, labels=Y, metrics="knn").scores
    hub = {"t": T, "f": flat}
    assert disco_jax.score(hub, labels=Y, metrics="knn", pool="mean").scores == expected
    both = np.stack([T, -T])
    several = {f"model {i}": x.mean(axis=1) for i, x in enumerate(both)}
    expected = disco_jax.score(several, labels=Y, metrics="knn").scores
    for hub in (both, list(both)):
        assert disco_jax.score(hub, labels=Y, metrics="knn", pool="mean").scores == expected


def test_tokens_of_files(tmp_path, run):
    np.savez(tmp_path / "a.npz", **{"features": T, "features@early": T[..., :2], "labels": Y})
    arguments = ("score", tmp_path, "--metrics", "knn", "--format", "csv")
    refused(run(*arguments), "a.npz: features: shape (30, 5, 4)", "pool (--pool) is mean, cls or")
    code, out, _ = run(*arguments, "--pool", "max")
    assert code == 0 and "\na," in out and "\na@early," in out
    refused(run(*arguments, "--pool", "median"), "pool: median: is unknown; choose mean, cls or")


def test_what_is_said_without_a_pool():
    def bad(hub, *words, pool=None):
        with pytest.raises(disco_jax.InputError) as why:
            disco_jax.score(hub, labels=Y, pool=pool)
        assert len(str(why.value).splitlines()) == 1
        assert [word for word in words if word not in str(why.value)] == []

    bad({"t": T}, "t: features: shape (30, 5, 4)", "pool (--pool) is mean, cls or max")
    bad([T], "model 0: features: shape (30, 5, 4)", "pool (--pool) is mean, cls or max")
    bad(T, "(30, 5, 4) names no models", "an array (models, n, t, d)", pool="cls")
    bad({"t": T[:, :0]}, "is empty", pool="mean")
    bad({"t": T[0, 0]}, "give (n, d)", pool="mean")
    bad({"t": T.astype(str)}, "dtype <U", pool="mean")
    features = disco_jax.FeatureSet
    refusal(lambda: features(T[:, 0], logits=T), "logits", "(n, z)", file="the features given")
