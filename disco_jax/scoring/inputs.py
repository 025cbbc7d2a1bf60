"""What a model can give, against what the metrics read: refusals, and metrics that are left out.

Features that do not fit into memory are streamed: then a metric has the leading components of the
spectrum, the moments, labels and targets. Of a model that is kept as moments it has what `Metric`
says by `of_moments`, without targets, and without labels where there are several at once.
"""

from disco_jax.errors import InputError
from disco_jax.features import TASKS, FeatureSet
from disco_jax.metrics import every_metric, metric_of

from .models import Hub
from .plan import ALL, Plan, Wanted

STREAMED = {"spectrum", "moments", "labels", "targets"}


def require_inputs(hub: Hub, plan: Plan) -> None:
    """Every model has the fields that the metrics read, and we the packages."""
    for spec in plan.specs:
        metric = metric_of(spec.name)
        if extra := metric.missing_extra:
            problem, remedy = f"{metric.package[0]} is missing", f"install disco-jax[{extra}]"
            raise InputError("metrics", spec.text, problem, remedy)
    for model, features in list(hub.models.items()):
        if features.moments is not None:
            continue  # refused by what they cannot give, see `refuse_without_features`
        for field in sorted(plan.inputs):
            if getattr(features, field) is not None:
                continue
            readers = [w.spec.text for w in plan.wanted if field in w.factors] or [plan.task]
            remedy = f"{readers[0]} needs them: save {field}, or leave {readers[0]} out"
            if field in TASKS[plan.task]:
                remedy = f"{plan.task} needs them, one row per sample"
            hub.fail(model, InputError(features.origin, field, "missing", remedy))
            break


def with_inputs(hub: Hub, plan: Plan) -> tuple[Plan, tuple[str, ...]]:
    """The plan without metrics that read what some model lacks, and a warning for each reason."""
    without: dict[str, list[str]] = {}
    kept_as_moments = [each for each in hub.models.values() if each.moments is not None]
    whole = [each for each in hub.models.values() if each.moments is None]

    def lacks(wanted: Wanted) -> str:
        if not all(can_use_moments(wanted, features) for features in kept_as_moments):
            return "features"
        for field in sorted(plan._replace(wanted=(wanted,)).inputs - {*TASKS[plan.task]}):
            if any(getattr(features, field) is None for features in whole):
                return field
        extra = metric_of(wanted.spec.name).missing_extra
        return f"disco-jax[{extra}] installed" if extra else ""

    def keep(wanted: Wanted) -> bool:
        if missing := lacks(wanted):
            without.setdefault(missing, []).append(wanted.spec.text)
        return not missing

    plan = plan._replace(wanted=tuple(filter(keep, plan.wanted)))
    said = (f"hub: no {field}, so {', '.join(names)} left out" for field, names in without.items())
    return plan, tuple(said)


def can_stream(wanted: Wanted, features: FeatureSet) -> bool:
    """Whether two passes over the rows are enough for a metric."""
    streamed = STREAMED - {"moments"} if features.multilabel else STREAMED
    leading = not wanted.spec.pca and wanted.components != ALL
    return leading and streamed.issuperset(wanted.factors)


def can_use_moments(wanted: Wanted, features: FeatureSet) -> bool:
    """Whether moments are enough for a metric."""
    spec, read = wanted.spec, {*wanted.factors}
    lost = {"targets", "labels", "moments"} if features.multilabel else {"targets"}
    return metric_of(spec.name).of_moments and not (read & lost or spec.pca or spec.ped)


def refuse_unstreamable(plan: Plan, features: FeatureSet, limit: str) -> None:
    """An InputError where a metric wants the features at once."""
    n, d = features.shape
    for wanted in plan.wanted:
        if not can_stream(wanted, features):
            text = wanted.spec.text
            problem = f"{n} x {d} do not fit into {limit} and {text} reads them at once"
            raise InputError(
                features.origin, "features", problem, f"give more --memory or leave {text} out"
            )


def refuse_without_features(plan: Plan, features: FeatureSet) -> None:
    """An InputError where a metric reads the features themselves."""
    for wanted in plan.wanted:
        if not can_use_moments(wanted, features):
            rows = every_metric().items()
            known = ",".join(name for name, metric in rows if metric.of_moments)
            problem = f"only moments are kept, and {wanted.spec.text} reads the features"
            remedy = f"choose --metrics among {known}, or extract the features"
            raise InputError(features.origin, "moments", problem, remedy)
