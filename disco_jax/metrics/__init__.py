"""The scores there are: the table of metrics, what a metric is, and how one is typed."""

from .metric import Metric, combine_forms, needs, options
from .specs import Spec, SpecError, default, is_all, parse
from .table import DEFAULT, METRICS

__all__ = [
    "DEFAULT",
    "METRICS",
    "Metric",
    "Spec",
    "SpecError",
    "combine_forms",
    "default",
    "is_all",
    "needs",
    "options",
    "parse",
]
