"""A hub in a notebook: from networks and pictures to a table."""

# %% [markdown]
# A hub is a list of networks. Here it is three of the ten small ones that come with the package;
# yours is a `hub.toml` (see [Rank your own models](../rank-your-own-models.md)). The pictures are
# 100 noisy handwritten digits with labels, which none of the networks has seen.

# %%
import disco_jax
from disco_jax.demo import ACCURACIES, HUB, TARGET

names = ("rotated", "inverted", "pairs")
models = [model for model in disco_jax.read_hub(HUB) if model.name in names]
table = disco_jax.rank(models, TARGET, metrics="disco,knn")
table

# %% [markdown]
# The table shows itself, best first by the first metric. `ranking` gives the order of the models
# by any of them.

# %%
table.ranking(), table.ranking("knn")

# %% [markdown]
# Where a score comes from: each of eight groups of spectral components has a share of the
# spectrum, and tells the classes apart this well. The score is the sum of the products.

# %%
terms = table.terms["rotated"]["disco"]
for share, apart in zip(terms["proportions"], terms["transferability"], strict=True):
    print(f"{share:.3f}  {apart:.3f}")

# %% [markdown]
# The accuracy that fine-tuning reached is known for these networks, so the choice can be checked.

# %%
truth = disco_jax.read_accuracies(ACCURACIES).datasets["noisy_digits"]
{model: truth[model] for model in table.ranking()}

# %% [markdown]
# `disco_jax.report(table, "report.html")` writes the same result as a page for others to read.
