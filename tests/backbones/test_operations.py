"""Subtrees of operations: counted by hand, the same however a program is cut up."""

import hashlib

import jax
import jax.numpy as jnp
import pytest
from flax import nnx
from jax import lax

from disco_jax.backbones import load_backbone, parameters, subtrees
from disco_jax.backbones.operations import subtrees_of
from disco_jax.demo import HUB
from disco_jax.hubs import read_hub

X = jax.ShapeDtypeStruct((3,), jnp.float32)


def counted(function, *given):
    return subtrees_of(jax.make_jaxpr(function)(*(given or (X,))).jaxpr)


def digest(label, *before):
    return hashlib.blake2b(repr((label, sorted(before))).encode(), digest_size=8).hexdigest()


def test_by_hand():
    """sin and exp of the input, and their sum: nothing, one step and two steps before each."""
    found = counted(lambda x: lax.add(lax.sin(x), lax.exp(x)))
    sin, exp = digest("sin"), digest("exp")
    once = digest("add", "sin", "exp")
    assert found == {
        **dict.fromkeys(("sin", "exp", "add", sin, exp, once), 1),
        **dict.fromkeys((digest(sin), digest(exp), digest(once, sin, exp)), 1),
    }


def test_programs_inside_are_opened():
    def plain(x):
        return lax.add(lax.sin(lax.exp(x)), x)

    inner = jax.jit(lambda x: lax.sin(lax.exp(x)))
    assert counted(lambda x: lax.add(inner(x), x)) == counted(plain)
    assert counted(jax.checkpoint(plain)) == counted(plain)
    assert counted(jax.nn.relu) == counted(lambda x: lax.max(x, jnp.float32(0)))  # a custom_jvp


@pytest.mark.parametrize(
    "loop",
    [
        lambda x: lax.fori_loop(0, 3, lambda _, x: lax.sin(x), x),
        lambda x: lax.while_loop(lambda x: x[0] > 0, lambda x: lax.sin(x), x),
        lambda x: lax.scan(lambda c, _: (lax.sin(c), lax.sin(c)), x, None, length=2)[0],
        lambda x: lax.cond(x[0] > 0, lax.sin, lambda x: x, lax.sin(x)),
        lambda x: lax.switch(jnp.int32(1), [lax.sin, lax.cos, lambda x: x], x),
    ],
)
def test_loops_and_branches_count_what_is_in_them(loop):
    found = counted(lambda x: lax.exp(loop(x)))
    assert found["sin"] >= 1
    assert found["exp"] == 1


def test_names_and_sizes_of_inputs_say_nothing():
    wide = jax.ShapeDtypeStruct((7, 9), jnp.float32)
    assert counted(lambda x: lax.sin(x)) == counted(lambda y: lax.sin(y), wide)
    assert counted(lambda x: lax.sin(x)) != counted(lambda x: lax.cos(x))


def test_networks_of_the_bundled_hub():
    models = read_hub(HUB)
    found = {model.name: load_backbone(model.weights, model.architecture) for model in models}
    counts = {name: subtrees(network) for name, network in found.items()}
    assert all(sum(each.values()) > 20 for each in counts.values())
    assert len({frozenset(each.items()) for each in counts.values()}) > 1


def test_parameters():
    assert parameters(nnx.Linear(3, 4, rngs=nnx.Rngs(0))) == 3 * 4 + 4
    assert parameters(nnx.BatchNorm(5, rngs=nnx.Rngs(0))) == 10
