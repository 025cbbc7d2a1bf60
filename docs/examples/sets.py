"""Sets and teachers: models that are best together, and whom to learn from."""

# %% [markdown]
# Four of the small networks that come with the package, and their features of the same 100 noisy
# handwritten digits.

# %%
import disco_jax
from disco_jax.demo import HUB, TARGET

names = ("digits_large", "digits_small", "occluded", "rotated")
networks = [each for each in disco_jax.read_hub(HUB) if each.name in names]
images = disco_jax.open_images(TARGET, split="train")
features = {
    each.name: disco_jax.extract(disco_jax.load_backbone(each.weights), images).features
    for each in networks
}

# %% [markdown]
# Two models whose kernels together are most like that of the labels: the order of choice, what each
# adds, and the gain over the best model alone with its interval.

# %%
found = disco_jax.ensemble(features, 2)
print(found.chosen, [round(gain, 3) for gain in found.gains])
print(f"{found.value - found.single_best:.3f}", [round(end, 3) for end in found.interval])

# %% [markdown]
# Who corrects whom: the share of the pictures that the first has right and the second wrong, when
# each picture is left out.

# %%
pairs = disco_jax.complement(features)
for model in pairs.accuracy:
    other = pairs.partner(model)
    print(f"{model}: {pairs.accuracy[model]:.2f}, with {other} {pairs.either(model, other):.2f}")

# %% [markdown]
# Whom to learn from, as weights; sharper ones favour the nearest.

# %%
weights = disco_jax.teachers(features, sharpness=4).weights
{model: round(weight, 2) for model, weight in weights.items()}
