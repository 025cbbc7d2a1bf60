"""What the page asks of a result: for every metric the models in order, and how sure that is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from disco_jax.results import best_first

from .scales import finite, shared_format


class Ranking(NamedTuple):
    """The models by one metric."""

    spec: str
    models: list[str]  # best first, those without a score last
    scores: dict[str, float]  # of those that have one
    places: dict[str, int]  # 1, 2, ...; equal scores share the best of their places
    form: str  # the format of the scores
    intervals: dict[str, tuple[float, float]]
    coverage: str  # of the intervals, as text
    resamples: int | None
    first_ahead: float | None
    stays_first: float | None
    ties: dict[str, list[str]]  # for each tied model its group, best first


def part(result: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """A mapping within the result; empty where it, or anything on the way, is absent."""
    for key in keys:
        result = result.get(key) or {}
    return dict(result)


def rankings(result: Mapping[str, Any]) -> list[Ranking]:
    """One ranking per metric, in the order in which they were asked for; without scores last."""
    of_models = part(result, "scores")
    used = dict.fromkeys(spec for row in of_models.values() for spec in row or {})
    asked = [spec for spec in result.get("metrics") or [] if spec in used]
    found = [_ranking(result, spec) for spec in dict.fromkeys([*asked, *used])]
    return sorted(found, key=lambda ranking: not ranking.scores)


def _ranking(result: Mapping[str, Any], spec: str) -> Ranking:
    models = list(part(result, "scores"))
    scores = numbers({model: part(result, "scores", model).get(spec) for model in models})
    order = part(result, "ranking").get(spec) or best_first(scores)
    sure = part(result, "intervals", spec)
    ends = {m: [finite(v) for v in pair or []] for m, pair in part(sure, "models").items()}
    return Ranking(
        spec,
        models=list(dict.fromkeys([*order, *models])),
        scores=scores,
        places=_places([model for model in order if model in scores], scores),
        form=_form(sorted(scores.values(), reverse=True)),
        intervals={
            model: (pair[0], pair[1])
            for model, pair in ends.items()
            if len(pair) == 2 and pair[0] is not None and pair[1] is not None
        },
        coverage=f"{100 * (finite(sure.get('level')) or 0.95):g} %",
        resamples=sure.get("resamples"),
        first_ahead=finite(sure.get("first_ahead")),
        stays_first=finite(sure.get("stays_first")),
        ties={model: list(group) for group in sure.get("ties") or [] for model in group},
    )


def _places(order: list[str], scores: Mapping[str, float]) -> dict[str, int]:
    places: dict[str, int] = {}
    for i, model in enumerate(order):
        before = order[i - 1] if i else model
        same = i > 0 and scores[before] == scores[model]
        places[model] = places[before] if same else i + 1
    return places


def _form(ordered: list[float]) -> str:
    """A format that tells the scores of the better half apart."""
    better = ordered[: max(2, (len(ordered) + 1) // 2)]
    return shared_format(better if len(set(better)) > 1 else ordered)


def numbers(values: Mapping[str, object]) -> dict[str, float]:
    """The entries that are finite numbers."""
    return {key: n for key, value in values.items() if (n := finite(value)) is not None}


def accuracies(result: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """`{dataset: {model: accuracy}}`, without datasets that have none."""
    found = {name: numbers(row or {}) for name, row in part(result, "accuracies").items()}
    return {name: row for name, row in found.items() if row}
