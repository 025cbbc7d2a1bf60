"""`score` over any shapes, dtypes and labels, against the oracle of the cheapest metric."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import disco_jax

from ..oracles.knn import knn

DTYPES = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8, np.uint16, np.int64]
NAMES = st.one_of(st.integers(-(2**40), 2**40), st.text("abé 0-", max_size=3))


@st.composite
def models(draw):
    """Features (n, d) without ties among distances, labels (n,) of any kind, at least two."""
    n, d = draw(st.sampled_from([2, 3, 17, 40])), draw(st.sampled_from([1, 2, 31, 50]))
    dtype = draw(st.sampled_from(DTYPES))
    names = draw(st.lists(NAMES, min_size=2, max_size=5, unique_by=str))
    if len({type(name) for name in names}) > 1:
        names = [str(name) for name in names]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    features = (20 * rng.normal(size=(n, d))).astype(dtype)
    labels = rng.permutation(np.arange(n) % len(names))
    return features, np.array(names)[labels]


@settings(max_examples=40, deadline=None)
@given(models())
def test_any_model_is_scored_as_the_oracle_does(model):
    features, labels = model
    table = disco_jax.score({"m": features}, labels=labels, metrics="knn:k=1,knn:k=3")
    exact = features.astype(np.float64)
    squared = np.sum((exact[:, None] - exact[None]) ** 2, 2)[np.triu_indices(len(exact), 1)]
    apart = np.diff(np.sort(squared), prepend=0)
    expected = {f"knn:k={k}": knn(exact, labels, k=k) for k in (1, 3)}
    for spec, value in table.scores["m"].items():
        assert 0 <= value <= 1
        if apart.min() > 1e-6 * squared.max():  # float32 tells them apart: no ties to break
            assert value == pytest.approx(expected[spec], abs=1e-6)
