"""The record of a model that has none, from those of others: what names, data and size say.

Each model of a history is left out in turn, and its record is taken from the others as

    record = sum_j k_j e_j / (sum_j k_j + 1)

with k_j of the names alone (1 in the same family), of names and source data (`records`), and of
both times a Gaussian of the difference of the logarithms of parameters.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from disco_jax.comparison import Accuracies
from disco_jax.history import effects, history_of
from disco_jax.recommendation.judged import interval
from disco_jax.recommendation.records import Kin, taken

from .record import Row

BANDWIDTHS = (0.25, 0.5, 1.0)  # in units of e: a factor of 1.3, 1.6 and 2.7


def rows(name: str, table: Accuracies, source_data: Mapping[str, str]) -> Iterator[Row]:
    """A row per kernel: the root of the mean squared error, and by how much names alone are beaten.

    The latter is the difference of the mean squared errors, over the variance of the records.
    """
    history = history_of(table)
    effect, models = effects(history.values)[1], history.models
    size = np.log([table.params[model] for model in models]) if table.params else None
    by_name, by_data = Kin(history._replace(source_data={}), {}), Kin(history, source_data)

    def errors(kernel: Callable[[int], Any]) -> np.ndarray:
        found = []
        for place in range(len(models)):
            others = np.arange(len(models)) != place
            centred = effect - effect[others].mean()
            found.append(centred[place] - taken(centred, kernel(place) * others))
        return np.array(found)

    def near(place: int, width: float) -> np.ndarray:
        return np.exp(-(((size - size[place]) / width) ** 2) / 2)

    kernels: dict[str, Callable[[int], Any]] = {
        "mean of all": lambda place: np.zeros(len(models)),
        "names": lambda place: by_name.of(models[place]),
    }
    if source_data:
        kernels["names, source data"] = lambda place: by_data.of(models[place])
    for width in BANDWIDTHS if size is not None else ():
        kernels[f"names, size within {width}"] = lambda place, width=width: (
            by_name.of(models[place]) * near(place, width)
        )
    names = errors(kernels["names"])
    for what, kernel in kernels.items():
        found = errors(kernel)
        gained = (names**2 - found**2) / effect.var()
        yield {
            "shape": f"{name}: record by {what}",
            "models": len(models),
            "error": float(np.sqrt(np.mean(found**2))),
            "gained": [float(gained.mean()), *interval(gained)],
        }
