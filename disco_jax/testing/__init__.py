"""Tests for a metric of one's own: the properties that this project's own metrics have.

problems   data, from the ordinary to the degenerate
given      what a metric is given of them, and changes that a score must not see
checking   `check_metric`
"""

from .checking import check_metric

__all__ = ["check_metric"]
