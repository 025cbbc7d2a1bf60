"""Scores of a whole hub against its true accuracies on several datasets, beside the controls.

A control ranks models without a look at the data at hand. A score that does not beat them has shown
nothing, and most published ones lose to the first:

    static           the mean accuracy on the *other* datasets, the same order everywhere
    source_accuracy  the accuracy on the data that the models were pre-trained on
    params           the number of parameters
    random           the expected agreement of a random order

Means over datasets are plain means over those where a measure is defined.

The random control is exact for regret, rel@k and recall@k: scores that tie all models, see
`measures`. For the correlations it is a mean over seeded permutations, each with its negative, its
reverse (the models in order of accuracy) and both: over such a set of four every correlation
cancels to 0, except tau_w where accuracies are tied, whose expectation is near 0 but not 0.
"""

from collections.abc import Mapping
from math import isnan
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .accuracies import Accuracies
from .measures import Agreement, agreement, kendall, pearson, spearman, weighted_tau

ByDataset = Mapping[str, Mapping[str, float]]  # {dataset: {model: number}}


class MetricAgreement(NamedTuple):
    """Agreement on several datasets."""

    mean: Agreement  # plain mean over the datasets where the measure is defined; None if nowhere
    defined: dict[str, int]  # on how many datasets that is
    datasets: dict[str, Agreement]


class Comparison(NamedTuple):
    """What comparing found."""

    agreement: dict[str, MetricAgreement]  # per metric spec
    controls: dict[str, MetricAgreement]  # per control that the accuracies allow
    accuracies: ByDataset  # of the datasets and models that were compared
    warnings: tuple[str, ...] = ()  # what was left out

    def to_dict(self) -> dict[str, Any]:
        """The parts of a result's JSON that are about its truth; see `results.table`."""

        def part(found: dict[str, MetricAgreement]) -> dict[str, Any]:
            return {name: {**each.mean, "datasets": each.datasets} for name, each in found.items()}

        return {
            "agreement": part(self.agreement),
            "controls": part(self.controls),
            "accuracies": {name: dict(row) for name, row in self.accuracies.items()},
        }

    def beside(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """A result's JSON with the comparison in it."""
        warnings = [*result.get("warnings", ()), *self.warnings]
        return {**result, **self.to_dict(), **({"warnings": warnings} if warnings else {})}


def averaged(datasets: Mapping[str, Agreement]) -> MetricAgreement:
    """Agreements per dataset, and their plain means."""
    if not datasets:
        raise ValueError("there is no dataset to compare on; give the scores of one or more")
    measures = next(iter(datasets.values()))
    found = {
        key: [value for row in datasets.values() if (value := row[key]) is not None]
        for key in measures
    }
    return MetricAgreement(
        mean={key: fmean(values) if values else None for key, values in found.items()},
        defined={key: len(values) for key, values in found.items()},
        datasets=dict(datasets),
    )


def agreement_over_datasets(scores: ByDataset, accuracies: ByDataset) -> MetricAgreement:
    """Agreement on each dataset that has scores, and the mean.

    Datasets without scores are passed over, but where there are scores both must name the same
    models: a hub that silently lost a model is another hub.
    """
    rows = {}
    for dataset, of_models in scores.items():
        if dataset not in accuracies:
            known = ", ".join(map(repr, accuracies)) or "no dataset"
            raise ValueError(f"dataset {dataset!r} has no accuracies; there are some for {known}")
        truth = accuracies[dataset]
        _same_models(of_models, truth, dataset)
        for model, value in of_models.items():
            if value is None or isnan(value):
                raise ValueError(
                    f"the score of model {model!r} on dataset {dataset!r} is undefined and cannot "
                    "be ranked; leave the model out or score it again"
                )
        rows[dataset] = agreement(list(of_models.values()), [truth[model] for model in of_models])
    return averaged(rows)


def _same_models(
    scores: Mapping[str, float], accuracies: Mapping[str, float], dataset: str
) -> None:
    if odd := sorted(scores.keys() ^ accuracies.keys()):
        has, lacks = ("score", "accuracy") if odd[0] in scores else ("accuracy", "score")
        raise ValueError(
            f"model {odd[0]!r} has {'a' if has == 'score' else 'an'} {has} on dataset {dataset!r} "
            f"but no {lacks} ({len(odd)} such); add it or leave the model out"
        )


def static_order(accuracies: ByDataset) -> dict[str, dict[str, float]] | None:
    """Per dataset, the mean accuracy of each model on the *other* datasets; None with only one."""
    if len(accuracies) < 2:
        return None
    for dataset, truth in accuracies.items():
        if odd := sorted(truth.keys() ^ next(iter(accuracies.values())).keys()):
            raise ValueError(
                f"model {odd[0]!r} is not on every dataset (see {dataset!r}), so there is no "
                "static order; give every model an accuracy on every dataset"
            )
    return {
        dataset: {
            model: fmean(row[model] for other, row in accuracies.items() if other != dataset)
            for model in truth
        }
        for dataset, truth in accuracies.items()
    }


def random_order(accuracies: ArrayLike, *, permutations: int = 25, seed: int = 0) -> Agreement:
    """Expected agreement of a random order with these accuracies; the same for the same seed."""
    y = np.sort(np.asarray(accuracies, np.float64))
    expected = agreement(np.zeros(len(y)), y)
    generator = np.random.default_rng(seed)
    centred = np.arange(len(y)) - (len(y) - 1) / 2
    orders = [
        order
        for drawn in (generator.permutation(centred) for _ in range(permutations))
        for order in (drawn, -drawn, drawn[::-1], -drawn[::-1])
    ]
    for key, measure in _CORRELATIONS.items():
        values = [value for order in orders if (value := measure(order, y)) is not None]
        # Without the rounding of the sum (1e-17), whose sign would be printed.
        expected[key] = round(fmean(values), 12) + 0.0 if values else None
    return expected


_CORRELATIONS = {
    "tau_w": weighted_tau,
    "kendall": kendall,
    "spearman": spearman,
    "pearson": pearson,
}


def compare_scores(scores: Mapping[str, ByDataset], table: Accuracies) -> Comparison:
    """Every metric and every control against the true accuracies.

    Args:
        scores: `{spec: {dataset: {model: score}}}`; all specs on the same datasets, or their means
            would not be comparable.
        table: True accuracies (see `read_accuracies`), which may hold further datasets: they count
            in the static order. Its parameter counts and source accuracies make two more controls.
    """
    if not scores:
        raise ValueError("there are no scores to compare; give at least one metric")
    datasets = list(next(iter(scores.values())))
    for spec, rows in scores.items():
        if odd := sorted(rows.keys() ^ set(datasets)):
            raise ValueError(
                f"metric {spec!r} is not on the same datasets as the others (see {odd[0]!r}); "
                "score every metric on every dataset"
            )
    truth = table.datasets
    found = {spec: agreement_over_datasets(rows, truth) for spec, rows in scores.items()}

    rankings: dict[str, ByDataset] = {}
    if (static := static_order(truth)) is not None:
        rankings["static"] = {name: static[name] for name in datasets}
    for control in ("source_accuracy", "params"):
        if (of_models := getattr(table, control)) is not None:
            rankings[control] = dict.fromkeys(datasets, of_models)
    controls = {name: agreement_over_datasets(rows, truth) for name, rows in rankings.items()}
    controls["random"] = averaged(
        {name: random_order(list(truth[name].values())) for name in datasets}
    )
    return Comparison(found, controls, {name: truth[name] for name in datasets})
