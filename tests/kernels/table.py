"""What the tests of the kernels share: the rows of the table, their oracles, and the tolerances.

Bounds that the issue states: singular values 1e-6 of the largest, shares 1e-5, scores 1e-4.
Two ways of computing one score may differ by a tenth of what either may miss, 1e-5: `SAME`.
Everything else follows from the dtype: a sum of n terms, rounded at every step, is off by about
sqrt(n) eps times the sum of their sizes (Higham and Mary 2019); `rounding` is four times that.
"""

from functools import cache
from operator import attrgetter

import numpy as np
import pytest

from ..oracles import groups as grouping
from ..oracles import spectrum as oracle
from ..problems import PROBLEMS, boundary_gaps, problem

VALUES, SHARES, SCORE, SAME = 1e-6, 1e-5, 1e-4, 1e-5
EPS = {"float32": 2.0**-23, "float64": 2.0**-52, "bfloat16": 2.0**-7, "float16": 2.0**-10}


def over(rows):
    """Parametrise a test by `row`."""
    return pytest.mark.parametrize("row", rows, ids=attrgetter("name"))


def named(*names):
    return over([problem(name) for name in names])


def rounding(dtype, length):
    """Error of a sum of that many terms, relative to the sum of their sizes."""
    return 4 * EPS[str(np.dtype(dtype))] * np.sqrt(length)


def within(actual, expected, bound):
    """|actual - expected| <= bound everywhere, in float64."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape
    excess = np.abs(actual - expected) - bound
    assert np.all(excess <= 0), f"off by {np.abs(actual - expected).max():.2e}, bound {bound}"


def close(actual, expected, rtol=SAME):
    """Relative to the largest number of what is expected."""
    within(actual, expected, rtol * np.abs(np.asarray(expected, np.float64)).max(initial=0))


def same(actual, expected, rtol=SAME):
    """`close`, for every array of two results."""
    assert type(actual) is type(expected)
    for ours, theirs in zip(actual, expected, strict=True):
        close(ours, theirs, rtol)


def identical(actual, expected):
    for ours, theirs in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@cache
def exact(row):
    """All singular triplets in float64."""
    return oracle.spectrum(row.features)


@cache
def defined(row, components=128, groups=8):
    """Whether the score of a row is: no boundary of a group falls among tied values."""
    return boundary_gaps(exact(row).singular_values, groups, components)


def is_constant(row):
    return exact(row).singular_values[0] == 0


def shares(row, components=128, groups=8):
    """The proportions, of static length: (groups,).

    Constant features share alike over the groups there are, where the oracle has no shares.
    """
    values = exact(row).singular_values[:components]
    found = grouping.proportions(values, groups)
    found = np.full(len(found), 1 / len(found)) if is_constant(row) else found
    return np.pad(found, (0, groups - len(found)))


def chance(labels):
    """The score of features that say nothing: the mean prior of a sample's own class."""
    counts = np.bincount(labels)
    return np.sum((counts / counts.sum()) ** 2)


TALL, WIDE = problem("tall-gapped-1"), problem("wide-gapped-1")
SMALL = [row for row in PROBLEMS if not row.name.startswith("big")]
BIG = [row for row in PROBLEMS if row.name.startswith("big")]
DEFINED = [row for row in PROBLEMS if defined(row) and not is_constant(row)]
