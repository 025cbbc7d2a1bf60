"""A training loop that logs DISCO every step, inside the jitted step."""

# %% [markdown]
# The kernels of `disco_kernels` run inside `jit`, so a training step can return a score of its
# features beside the loss, without copying the features to the host.
#
# The data: eight classes in 32 dimensions that no linear model can separate, because the class
# depends on the signs of products.

# %%
import jax
import jax.numpy as jnp
import numpy as np
import optax

import disco_kernels as dk

CLASSES, SAMPLES = 8, 1024
rng = np.random.default_rng(0)
x = rng.normal(size=(SAMPLES, 32)).astype(np.float32)
labels = (x[:, 0:6:2] * x[:, 1:6:2] > 0) @ np.array([1, 2, 4])

# %% [markdown]
# A network of one hidden layer, whose hidden features DISCO looks at.

# %%
parameters = {
    "hidden": (rng.normal(size=(32, 128)) / 32**0.5).astype(np.float32),
    "head": (rng.normal(size=(128, CLASSES)) / 128**0.5).astype(np.float32),
}


def features(parameters, x):
    return jax.nn.relu(x @ parameters["hidden"])


def loss_of(parameters):
    logits = features(parameters, x) @ parameters["head"]
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


# %% [markdown]
# The scale of the features grows during training, and DISCO as published depends on it. With
# `covariance="shared"` it does not, so the values of different steps can be compared.

# %%
optimiser = optax.adam(1e-2)


@jax.jit
def step(parameters, state):
    loss, slope = jax.value_and_grad(loss_of)(parameters)
    disco = dk.disco(
        features(parameters, x), labels, num_classes=CLASSES, covariance="shared"
    ).score
    updates, state = optimiser.update(slope, state)
    return optax.apply_updates(parameters, updates), state, loss, disco


log = []
state = optimiser.init(parameters)
for _ in range(101):
    parameters, state, loss, disco = step(parameters, state)
    log.append((loss, disco))

for number in range(0, 101, 20):
    loss, disco = log[number]
    print(f"step {number:3d}   loss {loss:.2f}   DISCO {disco:.2f}")
