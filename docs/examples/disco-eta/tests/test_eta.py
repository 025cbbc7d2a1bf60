"""The score is right where it is known, and has the properties that a run relies on."""

import jax.numpy as jnp
import numpy as np
from disco_eta import eta

from disco_jax.testing import check_metric


def test_two_columns():
    labels = jnp.array([0, 0, 1, 1])
    told = jnp.array([[0.0, 1.0], [0.0, 2.0], [1.0, 1.0], [1.0, 2.0]])  # all, and nothing
    known = {"num_classes": 2, "where": jnp.ones(4), "width": jnp.array(2)}
    np.testing.assert_allclose(eta(told, labels, **known, top=1), 1, rtol=1e-6)
    np.testing.assert_allclose(eta(told, labels, **known), 0.5, rtol=1e-6)


def test_properties():
    check_metric(eta, options={"top": 3})
