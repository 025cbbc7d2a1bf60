"""What a kernel refuses when it is traced, in a message with the name and what it got."""

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest

import disco_kernels as dk

X = jnp.ones((6, 4), jnp.float32)
Y = jnp.zeros(6, jnp.int32)
B = jnp.ones((6, 2), jnp.float32)
W = jnp.ones(6, jnp.float32)
S = jax.eval_shape(dk.spectrum, X)
OTHER = jax.eval_shape(dk.spectrum, X[:, :3])


class Call(NamedTuple):
    """A kernel with arguments that it takes, arrays in order; `wrong` replaces some by name."""

    kernel: Callable
    arrays: dict
    options: dict[str, Any] = MappingProxyType({})


CLASSES = {"num_classes": 3}
CALLS = {
    "spectrum": Call(dk.spectrum, {"x": X}),
    "moments": Call(
        lambda x, y, b, **options: dk.moments(x, y, targets=b, **options),
        {"x": X, "y": Y, "b": B},
        CLASSES,
    ),
    "disco": Call(dk.disco, {"x": X, "y": Y}, CLASSES),
    "disco_regression": Call(dk.disco_regression, {"x": X, "b": B}),
    "disco_detection": Call(dk.disco_detection, {"x": X, "y": Y, "b": B}, CLASSES),
    "transferability": Call(dk.transferability, {"s": S, "y": Y}, CLASSES),
    "transferability_regression": Call(dk.transferability_regression, {"s": S, "b": B}),
    "proportions": Call(dk.proportions, {"s": S}),
    "spectral_share": Call(dk.spectral_share, {"s": S}),
    "component_change": Call(dk.component_change, {"s": S, "after": S}),
    "hard_examples": Call(dk.hard_examples, {"x": X, "y": Y}, CLASSES | {"fraction": 0.5}),
}
FEATURES = ["spectrum", "moments", "disco", "disco_regression", "disco_detection", "hard_examples"]
LABELS = ["moments", "disco", "disco_detection", "transferability", "hard_examples"]
TARGETS = ["moments", "disco_regression", "transferability_regression"]
WEIGHTS = [*FEATURES, "transferability", "transferability_regression"]
GROUPS = [*FEATURES[2:5], "transferability", "transferability_regression", "proportions"]
GROUPS += ["spectral_share", "component_change"]
FACTORED = ["spectrum", "disco", "disco_regression", "disco_detection"]
COVARIANCE = ["disco", "disco_detection", "transferability"]

# (kernels, arguments that are wrong, what the message says)
CASES = [
    (FEATURES, {"x": X[0]}, ["features", "(4,)"]),
    (FEATURES, {"x": X[None]}, ["features", "(1, 6, 4)"]),
    (FEATURES, {"x": X[:, :0]}, ["features", "(6, 0)"]),
    (FEATURES, {"x": X[:0]}, ["features", "(0, 4)"]),
    (FEATURES, {"x": X.astype(jnp.complex64)}, ["features", "complex"]),
    (LABELS, {"y": Y[:5]}, ["labels", "(6,)", "(5,)"]),
    (LABELS, {"y": Y[:, None]}, ["labels", "(6, 1)"]),
    (LABELS, {"y": Y.astype(jnp.float32)}, ["labels", "integer", "float32"]),
    (LABELS, {"y": Y.astype(bool)}, ["labels", "integer", "bool"]),
    (TARGETS, {"b": B[:5]}, ["targets", "(6", "(5, 2)"]),
    (TARGETS, {"b": B[None]}, ["targets", "(1, 6, 2)"]),
    (TARGETS, {"b": B.astype(jnp.complex64)}, ["targets", "complex"]),
    (["disco_detection"], {"b": B[:5]}, ["boxes|targets", "(6", "(5, 2)"]),
    (WEIGHTS, {"where": W[:5]}, ["where", "(6,)", "(5,)"]),
    (WEIGHTS, {"where": B}, ["where", "(6,)", "(6, 2)"]),
    (LABELS, {"num_classes": 0}, ["num_classes", "0"]),
    (GROUPS, {"groups": 0}, ["groups", "0"]),
    (FACTORED, {"components": 0}, ["components", "0"]),
    (FACTORED, {"method": "svd"}, ["method", "auto, full, gram, krylov", "svd"]),
    (COVARIANCE, {"covariance": "diagonal"}, ["covariance", "identity, shared, class", "diagonal"]),
    (COVARIANCE, {"covariance": "shared", "shrinkage": 1.5}, ["shrinkage", "1.5"]),
    (COVARIANCE, {"covariance": "class", "shrinkage": -0.1}, ["shrinkage", "-0.1"]),
    (["spectral_share"], {"first": 0}, ["first", "0"]),
    (["component_change"], {"after": OTHER}, ["(6, 4)", "(6, 3)"]),
    (["hard_examples"], {"fraction": 0.0}, ["fraction", "0.0"]),
    (["hard_examples"], {"fraction": 1.5}, ["fraction", "1.5"]),
    (["moments"], {"y": None}, ["labels", "num_classes"]),
    (["moments"], {"num_classes": None}, ["labels", "num_classes"]),
]


def tried(name, wrong):
    """The call with its arrays traced, so that nothing is computed."""
    call = CALLS[name]
    arrays = [wrong.get(key, array) for key, array in call.arrays.items()]
    options = {**call.options} | {key: v for key, v in wrong.items() if key not in call.arrays}
    where = {"where": options.pop("where")} if "where" in options else {}
    return jax.eval_shape(lambda *a, **w: call.kernel(*a, **w, **options), *arrays, **where)


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        pytest.param(name, wrong, said, id=f"{name}-{'-'.join([*wrong, *said[1:]])}")
        for kernels, wrong, said in CASES
        for name in kernels
    ],
)
def test_refused(name, wrong, said):
    with pytest.raises(ValueError) as caught:
        tried(name, wrong)
    message = str(caught.value)
    assert "\n" not in message
    for word in said:
        assert re.search(word if "|" in word else re.escape(word), message), message


@pytest.mark.parametrize("name", CALLS)
def test_what_is_right_is_taken(name):
    """Also whole and half numbers, and weights of any real kind."""
    tried(name, {})
    for dtype in (jnp.float16, jnp.bfloat16, jnp.int32, jnp.uint8):
        if name in FEATURES:
            tried(name, {"x": X.astype(dtype)})
        if name in WEIGHTS:
            tried(name, {"where": W.astype(dtype)})
            tried(name, {"where": W > 0})
    for dtype in (jnp.int8, jnp.uint8, jnp.int64):
        if name in LABELS:
            tried(name, {"y": Y.astype(dtype)})
        if name in TARGETS:
            tried(name, {"b": B.astype(dtype)})


@pytest.mark.parametrize("width", [3, 1])
def test_moments_of_different_widths_do_not_merge(width):
    """Of width 1 least of all: it would broadcast."""
    with pytest.raises(ValueError, match=rf"\(4,\).*\({width},\)"):
        jax.eval_shape(lambda x: dk.merge(dk.moments(x), dk.moments(x[:, :width])), X)


def test_kernels_never_raise_on_values():
    """No value makes them fail: not NaN, not labels out of range, not a width too large."""
    nan = jnp.full((6, 4), jnp.nan, jnp.float32)
    dk.disco(nan, Y - 7, num_classes=3, where=-W, width=99)
    dk.disco_regression(nan, B * jnp.inf, where=W * jnp.nan, width=-1)
    dk.hard_examples(nan, Y + 7, num_classes=3, fraction=0.5, where=W * 0)
    dk.hub_minmax(jnp.full(3, jnp.nan))
