"""Fifty models in one program: vmap over a hub of two widths."""

# %% [markdown]
# Fifty made-up models: each gives a class signal in noise, stronger from one model to the next, and
# every second model has 48 columns instead of 64. The narrow ones are filled up with zero columns.
# `width` says how many are real, and may be traced, so one program serves all.

# %%
import jax
import jax.numpy as jnp
import numpy as np

import disco_kernels as dk

MODELS, SAMPLES, CLASSES = 50, 400, 10
keys = jax.random.split(jax.random.key(0), MODELS)
labels = np.arange(SAMPLES) % CLASSES
strength = np.linspace(0, 1, MODELS, dtype=np.float32)
widths = np.where(np.arange(MODELS) % 2 == 0, 64, 48)


@jax.jit
@jax.vmap
def features_of(key, strength, width):
    signal, noise = jax.random.split(key)
    rows = strength * jax.random.normal(signal, (CLASSES, 64))[jnp.array(labels)]
    rows = rows + jax.random.normal(noise, (SAMPLES, 64))
    return jnp.where(jnp.arange(64) < width, rows, 0)


hub = features_of(keys, strength, widths)
hub.shape

# %% [markdown]
# One factorisation of each model serves several scores. `vmap` batches it over the hub; on a CPU
# `jax.lax.map` does the same with less memory.


# %%
@jax.jit
def scores_of(hub, widths):
    def one(features, width):
        spectrum = dk.spectrum(features, width=width)
        return {
            "disco": dk.disco_from_spectrum(spectrum, labels, num_classes=CLASSES).score,
            "h_score": dk.h_score_shrunk(spectrum, labels, num_classes=CLASSES, width=width),
        }

    return jax.vmap(one)(hub, widths)


scores = jax.device_get(scores_of(hub, widths))
best = np.argsort(-scores["disco"])[:5]
[(int(model), round(float(strength[model]), 2)) for model in best]

# %% [markdown]
# Do the scores find the models with the strongest signal? Spearman's correlation says how far.

# %%
order = np.arange(MODELS)
places = {name: np.argsort(np.argsort(values)) for name, values in scores.items()}
{name: round(float(np.corrcoef(place, order)[0, 1]), 2) for name, place in places.items()}
