"""The scores there are: the table of metrics, what a metric is, and how one is typed."""

from .every import every_metric, metric_of, register_metric
from .metric import Metric, called, combine_forms, needs, options
from .specs import Spec, SpecError, default, is_all, parse
from .table import DEFAULT, METRICS

__all__ = [
    "DEFAULT",
    "METRICS",
    "Metric",
    "Spec",
    "SpecError",
    "called",
    "combine_forms",
    "default",
    "every_metric",
    "is_all",
    "metric_of",
    "needs",
    "options",
    "parse",
    "register_metric",
]
