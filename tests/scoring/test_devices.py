"""How many models run at once, and rows over devices."""

import jax
import numpy as np
import pytest

from disco_jax.scoring import devices


@pytest.mark.parametrize(("models", "many"), [(1, 8), (8, 8), (20, 8)])
def test_a_processor_takes_one_model_to_a_device(models, many):
    assert devices.per_call(models, 2**20, 2**30) == many


@pytest.mark.parametrize(
    ("models", "bytes_of_one", "many"),
    [(1, 2**20, 8), (20, 2**20, 24), (1000, 2**20, 128), (1000, 2**28, 32), (1000, 2**40, 8)],
)
def test_an_accelerator_takes_as_many_as_fit(models, bytes_of_one, many, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert devices.per_call(models, bytes_of_one, 2**30) == many


def test_rows_are_spread_in_equal_parts():
    arrays = {
        "features": np.ones((13, 3), np.float32),
        "where": np.ones(13, bool),
        "width": np.int32(3),
    }
    found = devices.spread_rows(arrays)
    assert found["features"].shape == (16, 3) and not np.asarray(found["where"])[13:].any()
    assert len(found["features"].sharding.device_set) == 8 and found["width"] is arrays["width"]
