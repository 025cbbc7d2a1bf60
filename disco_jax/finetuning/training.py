"""Training a network that has been cut, and what it answers.

    min over theta, W, b of  mean_i  loss(h(z_i(theta)) W + b, answer_i),   z = trained(theta, maps)

h standardises the features by their mean and deviation over the training pictures before training:
networks whose features have other scales start alike. W (d, k) and b (k,) start from 0, and their
rate is ``HEAD / sqrt(d)`` times that of theta, as a sum over d features moves. Adam, a cosine decay
to 0, batches without replacement in an order drawn by seed and epoch, no augmentation.

A step is one program for all rates, seeds and data of one size. Cost: epochs * n passes there and
back through the trained part, and one through the frozen part.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from disco_jax.backbones import compiler_options, padded

from .cut import Cut
from .goals import Goal, loss

HEAD = 30.0


class State(NamedTuple):
    """All that changes while a network is trained."""

    weights: Any  # theta, W, b
    moments: Any  # of Adam


class Batch(NamedTuple):
    """Of a step, filled up."""

    maps: Any
    wanted: Any
    where: Any  # (b,) 1 for a row that counts


class Trainer(NamedTuple):
    """The programs of one network and task; arrays are rows of the host."""

    features: Callable[..., np.ndarray]  # maps -> (n, d), before training
    start: Callable[[np.ndarray], State]
    epoch: Callable[..., State]
    outputs: Callable[..., np.ndarray]  # state, maps -> (n, k)


def frozen_maps(cut: Cut, images: np.ndarray, batch: int) -> np.ndarray:
    """What the frozen part makes of pictures."""
    return _over(jax.jit(cut.frozen, compiler_options=compiler_options()), images, batch)


def trainer(cut: Cut, goal: Goal, batch: int) -> Trainer:
    """Compile what trains a network."""
    options = compiler_options()
    adam = optax.scale_by_adam()
    trained = jax.jit(cut.trained, compiler_options=options)

    def answer(weights: Any, shift: jax.Array, maps: jax.Array) -> jax.Array:
        theta, w, b = weights
        z = (cut.trained(theta, maps) - shift[:1]) * shift[1:]
        return (jnp.dot(z, w) + b[None]) * (HEAD / z.shape[1] ** 0.5)

    @partial(jax.jit, donate_argnums=0, compiler_options=options)
    def step(state: State, rate: Any, batch: Batch, shift: Any, real: Any) -> State:
        def cost(weights: Any) -> jax.Array:
            outputs = answer(weights, shift, batch.maps)
            return loss(goal.task, outputs, batch.wanted, real, batch.where)

        slope = jax.grad(cost)(state.weights)
        change, moments = adam.update(slope, state.moments)
        weights = jax.tree.map(lambda w, c: w - (rate * c).astype(w.dtype), state.weights, change)
        return State(weights, moments)

    answered = jax.jit(answer, compiler_options=options)

    def start(features: np.ndarray) -> State:
        shapes = (features.shape[1], goal.outputs), (goal.outputs,)
        head = (jnp.zeros(shape, features.dtype) for shape in shapes)
        weights = ([jnp.array(leaf) for leaf in cut.weights], *head)
        return State(weights, adam.init(weights))

    def epoch(
        state: State, shift: Any, maps: Any, wanted: Any, order: np.ndarray, rates: Any
    ) -> State:
        for some, rate in zip(_parts(order, batch), rates, strict=True):
            rows = maps[some], wanted[some], np.ones(len(some), np.float32)
            filled = Batch(*(padded(each, batch) for each in rows))
            state = step(state, rate, filled, shift, np.int32(goal.real))
        return state

    return Trainer(
        lambda maps: _over(lambda x: trained(cut.weights, x), maps, batch),
        start,
        epoch,
        lambda state, shift, maps: _over(lambda x: answered(state.weights, shift, x), maps, batch),
    )


def shift_of(features: np.ndarray) -> np.ndarray:
    """Mean, and one over the deviation, of each feature (2, d)."""
    deviation = features.std(0, dtype=np.float64)
    mean = features.mean(0, dtype=np.float64)
    inverse = 1 / np.where(deviation > 0, deviation, np.inf)
    return np.stack([mean, inverse]).astype(features.dtype)


def order_of(n: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the training pictures."""
    return np.random.default_rng([seed, epoch]).permutation(n)


def rates_of(rate: float, epoch: int, epochs: int, steps: int) -> np.ndarray:
    """A cosine from ``rate`` to 0 over all epochs, the part of one epoch."""
    done = (epoch * steps + np.arange(steps)) / (epochs * steps)
    return (rate * (1 + np.cos(np.pi * done)) / 2).astype(np.float32)


def _parts(rows: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), batch):
        yield rows[start : start + batch]


def _over(run: Callable[[Any], jax.Array], rows: np.ndarray, batch: int) -> np.ndarray:
    """``run`` of all rows, a batch at a time."""
    found = [np.asarray(run(padded(some, batch)))[: len(some)] for some in _parts(rows, batch)]
    return np.concatenate(found)
