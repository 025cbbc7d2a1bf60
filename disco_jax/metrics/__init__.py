"""The scores there are: the table of metrics, what a metric is, and how one is typed."""

from .every import every_metric, metric_of, register_metric
from .metric import Metric, called, combine_forms, needs, options
from .moved import CHANGES, MOVED, moved_by
from .specs import Spec, SpecError, default, is_all, parse
from .table import DEFAULT, METRICS

__all__ = [
    "CHANGES",
    "DEFAULT",
    "METRICS",
    "MOVED",
    "Metric",
    "Spec",
    "SpecError",
    "called",
    "combine_forms",
    "default",
    "every_metric",
    "is_all",
    "metric_of",
    "moved_by",
    "needs",
    "options",
    "parse",
    "register_metric",
]
