"""The formulas against entry-by-entry oracles, closed forms and what they promise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from disco_jax.merging import METHODS, average, fisher, projective, task_arithmetic, ties
from disco_jax.merging.method import Given, grid, method_of

from ..oracles import merging as oracle
from ..refusal import refusal

SHAPES = {"bias": (7,), "conv": (12, 4, 3, 3), "linear": (13, 20), "scale": ()}


def network(seed, dtype=np.float64, scale=1.0):
    rng = np.random.default_rng(seed)
    return {
        name: np.asarray(scale * rng.normal(size=shape), dtype) for name, shape in SHAPES.items()
    }


def added(base, *seeds, scale=0.1):
    change = [network(seed, scale=scale) for seed in seeds]
    return [{name: base[name] + each[name] for name in base} for each in change]


BASE = network(0)
MODELS = added(BASE, 1, 2, 3)


def flat(tree):
    return oracle.flat({name: np.asarray(x) for name, x in tree.items()})


def near(found, wanted, rtol=1e-12):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=rtol * np.abs(wanted).max())


def test_average_and_task_arithmetic():
    weights = [0.5, 0.2, 0.3]
    wanted = sum(w * flat(model) for w, model in zip(weights, MODELS, strict=True))
    near(flat(average(MODELS, weights)), wanted)
    near(flat(average(MODELS, [0.0, 1.0, 0.0])), flat(MODELS[1]), 0)
    near(flat(task_arithmetic(BASE, MODELS, 0.0)), flat(BASE), 0)
    near(flat(task_arithmetic(BASE, MODELS, 1 / 3)), flat(average(MODELS, [1 / 3] * 3)))
    near(flat(task_arithmetic(BASE, MODELS[:1], 1.0)), flat(MODELS[0]))


def test_ties_is_the_oracle():
    for keep in (0.2, 0.55, 1.0):
        found = flat(ties(BASE, MODELS, 0.7, keep=keep))
        near(found, oracle.ties(BASE, MODELS, 0.7, keep))


def test_ties_by_hand():
    base = {"a": np.zeros(5), "b": np.zeros(5)}
    one = {"a": np.array([5.0, 1, 0, -4, 3]), "b": np.zeros(5)}
    two = {"a": np.array([3.0, 9, 0, 4, -1]), "b": np.array([0, 0, 0, 0, -6.0])}
    found = ties(base, [one, two], 1.0, keep=0.3)  # 5, -4, 3 and 9, -6, 4; -4 and 4 cancel
    np.testing.assert_array_equal(found["a"], [5, 9, 0, 0, 3])
    np.testing.assert_array_equal(found["b"], [0, 0, 0, 0, -6])
    near(flat(ties(BASE, [BASE, BASE], 1.0)), flat(BASE), 0)


def test_fisher_is_the_oracle():
    known = [{k: x**2 for k, x in network(seed).items()} for seed in (7, 8, 9)]
    for each in known:
        each["bias"] = np.where(np.arange(7) < 3, 0, each["bias"])
    weights = [0.5, 0.1, 0.4]
    wanted = oracle.fisher(MODELS, known, weights)
    near(flat(fisher(MODELS, known, weights)), wanted)
    tiny = [{k: x * 1e-200 for k, x in each.items()} for each in known]
    near(flat(fisher(MODELS, tiny, weights)), wanted)
    equal = [{k: np.full_like(x, 3.0) for k, x in BASE.items()}] * 3
    near(flat(fisher(MODELS, equal, weights)), flat(average(MODELS, weights)))


@pytest.mark.parametrize("number", [2, 3])
def test_projective_is_the_oracle(number):
    models = MODELS[:number]
    found = projective(BASE, models, 0.4)
    for name, shape in SHAPES.items():
        if len(shape) > 1:
            matrix = [np.reshape(x[name], (shape[0], -1)) for x in (BASE, *models)]
            if name == "linear":
                matrix = [x[name] for x in (BASE, *models)]
            wanted = oracle.projected(matrix[0], matrix[1:], 0.4)
            near(np.asarray(found[name]).reshape(wanted.shape), wanted, 1e-10)
    vectors = [model["bias"] - BASE["bias"] for model in models]
    lengths = [np.linalg.norm(each) for each in vectors]
    pull = [0.4 * np.mean(lengths) / each for each in lengths]
    moved = sum(p * v for p, v in zip(pull, vectors, strict=True))
    near(np.asarray(found["bias"]), BASE["bias"] + moved)


def test_projective_meets_every_task_vector_where_they_conflict():
    base = {"w": np.zeros((5, 30))}  # of five rows nothing is shared
    rng = np.random.default_rng(4)
    one = rng.normal(size=(5, 30))
    models = [{"w": one}, {"w": 0.2 * rng.normal(size=(5, 30)) - 0.1 * one}]
    found = np.asarray(projective(base, models, 0.4)["w"])
    for model in models:
        assert np.sum(found * model["w"]) == pytest.approx(np.sum(model["w"] ** 2))
    same = projective(BASE, [BASE, MODELS[0]], 0.0)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(same))


def given(dtype):
    models = [{k: np.asarray(x, dtype) for k, x in each.items()} for each in MODELS[:2]]
    known = [{k: np.abs(x) for k, x in each.items()} for each in models]
    return Given(models, {k: np.asarray(x, dtype) for k, x in BASE.items()}, known)


@pytest.mark.parametrize("name", METHODS)
def test_half_precision_is_rounded_once(name):
    half = given(jnp.bfloat16)
    exact = Given(*jax.tree.map(lambda x: x.astype(np.float64), tuple(half)))
    found, wanted = (METHODS[name].merge(each, 0.4) for each in (half, exact))
    for key in SHAPES:
        assert found[key].dtype == jnp.bfloat16 and found[key].shape == SHAPES[key]
        np.testing.assert_allclose(
            np.asarray(found[key], np.float64), wanted[key], rtol=2.0**-8, atol=1e-5
        )


@pytest.mark.parametrize("name", [name for name in METHODS if name != "projective"])
def test_jit_is_plain_and_the_coefficient_has_a_gradient(name):
    merge, every = METHODS[name].merge, given(np.float64)
    plain = merge(every, 0.3)
    near(flat(jax.jit(merge)(every, jnp.asarray(0.3))), flat(plain), 1e-9)

    @jax.jit
    def loss(coefficient):
        return sum(jnp.sum(x**2) for x in jax.tree.leaves(merge(every, coefficient)))

    slope, step = jax.grad(loss)(0.3), 1e-5
    rise = float(loss(0.3 + step) - loss(0.3 - step))
    assert float(slope) == pytest.approx(rise / (2 * step), rel=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_the_order_of_the_networks_says_nothing(name):
    one = given(np.float64)
    other = Given(one.models[::-1], one.base, one.information[::-1])
    value = 0.3 if METHODS[name].needs_base else 0.5
    near(flat(METHODS[name].merge(one, value)), flat(METHODS[name].merge(other, value)), 1e-10)


def test_methods_and_grids():
    assert grid(METHODS["average"]) == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    assert grid(METHODS["ties"])[-1] == 1.5
    refusal(lambda: method_of("tie"), "method", "did you mean ties?", file="merge")
