"""Plans whose cells cost nothing: the scores of a cell are drawn from its name."""

import numpy as np

from disco_jax.extraction import versions
from disco_jax.results import plain
from disco_jax.sweep import Data, Model, Plan
from disco_jax.sweep.plan import digest_of, result_name

TERMS = ("ncc", "seli", "vc")


def planned(models=4, data=3, layers=("block",)):
    """The first model has layers."""
    return Plan(
        tuple(
            Model(f"m{i}", digest_of("model", i), "", () if i else layers, {})
            for i in range(models)
        ),
        tuple(
            Data(f"d{i}", digest_of("data", i), "", f"d{i}.npz", "classification")
            for i in range(data)
        ),
        "disco,ncti",
        "float32",
        "train",
        versions(),
    )


def result_of(model, data):
    rng = np.random.default_rng(int(result_name(model, data), 16))

    def row():
        score, *terms = plain(rng.normal(size=4).astype(np.float32))
        return {
            "scores": {"disco": score},
            "terms": {"ncti": dict(zip(TERMS, terms, strict=True))},
        }

    return {
        "model": model.name,
        "dataset": data.name,
        "rows": {layer: row() for layer in ("", *model.layers)},
        "warnings": [],
        "device": "cpu",
    }


def drawn(plan, model, offline):
    """In place of loading a network."""
    return lambda data: result_of(model, data)
