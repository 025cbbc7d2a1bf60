"""Training: Adam with a cosine decay to 0, batches drawn without replacement.

Fine-tuning trains all weights of a network with a new head from 0; the accuracy is that of the last
weights on data that took no part.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax import nnx

from disco_jax.backbones import Backbone
from disco_jax.data import normalise


class Recipe(NamedTuple):
    """How long and how fast."""

    steps: int
    batch: int
    rate: float  # of the first step


def trainer(loss: Callable[..., jax.Array], recipe: Recipe) -> Callable[..., Any]:
    """A function of parameters, arrays (n, ...) and a seed: the parameters after all steps.

    ``loss(parameters, *batches)`` is compiled once, whatever the number of seeds.
    """
    optimiser = optax.adam(optax.cosine_decay_schedule(recipe.rate, recipe.steps))

    @jax.jit
    def step(parameters: Any, state: Any, *batches: jax.Array) -> tuple[Any, Any]:
        slope = jax.grad(loss)(parameters, *batches)
        change, state = optimiser.update(slope, state, parameters)
        return optax.apply_updates(parameters, change), state

    def run(parameters: Any, arrays: Sequence[np.ndarray], seed: int) -> Any:
        rng = np.random.default_rng(seed)
        state = optimiser.init(parameters)
        for _ in range(recipe.steps):
            rows = rng.choice(len(arrays[0]), recipe.batch, replace=False)
            parameters, state = step(parameters, state, *(array[rows] for array in arrays))
        return parameters

    return run


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Mean over the rows of logits (b, c)."""
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


def fine_tuned(
    backbone: Backbone,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    num_classes: int,
    recipe: Recipe,
    seeds: Sequence[int],
) -> list[float]:
    """Accuracy on ``test`` after fine-tuning on ``train``, for each seed.

    Both are images uint8 (n, s, s, 3) of the network's size, and labels (n,) from 0.
    """
    definition, weights = nnx.split(backbone.module)

    def logits(parameters: Any, images: jax.Array) -> jax.Array:
        theta, w, b = parameters
        module: Any = nnx.merge(definition, theta)
        features = module(normalise(images, backbone.preprocessing, backbone.dtype)).features
        return jnp.dot(features, w) + b[None]

    run = trainer(lambda parameters, x, y: cross_entropy(logits(parameters, x), y), recipe)
    predicted = jax.jit(lambda parameters, x: jnp.argmax(logits(parameters, x), 1))
    outputs = jax.eval_shape(backbone.module, jax.ShapeDtypeStruct(train[0].shape, backbone.dtype))
    width, dtype = outputs.features.shape[1], outputs.features.dtype
    head = jnp.zeros((width, num_classes), dtype), jnp.zeros(num_classes, dtype)
    return [
        float(
            np.mean(np.asarray(predicted(run((weights, *head), train, seed), test[0])) == test[1])
        )
        for seed in seeds
    ]
