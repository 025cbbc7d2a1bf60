"""NCTI, SFDA, ETran, leave-one-out LDA and the variance within classes against their oracles.

Every problem is padded to one shape: rows that weigh nothing hold NaN and a label out of range,
columns beyond the width hold zeros, and most classes are empty. So a kernel compiles once in
float64, without and with weights, and once in float32, there for all problems in one batch and
without float64 outside of the kernels.
"""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk
from disco_kernels._class_scatter import class_means, reader, variances
from disco_kernels._nuclear_norms import nuclear_norms
from disco_kernels._spectral_scatter import inverse_root

from ..oracles import etran as etran_oracle
from ..oracles import lda_loo as lda_oracle
from ..oracles import ncti as ncti_oracle
from ..oracles import sfda as sfda_oracle
from ..oracles import tmi as tmi_oracle
from ..oracles.spectrum import EPSILON
from ..problems import problem
from .table import EPS, SMALL, TALL, over

N, D, CLASSES, HEADS = 300, 160, 60, 7
FROM_SPECTRUM = ("spectrum", "labels", "where", "width")
FOR_TARGETS = ("spectrum", "targets", "where", "width")
FOR_ETRAN = ("features", "labels", "logits", "where", "width")
FOR_VARIANCE = ("features", "labels", "where")
variants = pytest.mark.parametrize("variant", ["float64", "repeated", "float32"])


@cache
def arrays(row, variant):
    """(features, labels, targets, logits), their weights or none, and a bound for comparisons."""
    dtype = np.float32 if variant == "float32" else np.float64
    rng = np.random.default_rng(7)
    logits = rng.normal(size=(row.shape[0], HEADS))
    w = rng.integers(0, 4, row.shape[0]) if variant == "repeated" else None
    plain = [x.astype(dtype) for x in (row.features, row.targets, logits)]
    return plain[0], row.labels, *plain[1:], w


def padded(x, fill=np.nan):
    return np.pad(x, [(0, N - len(x)), *[(0, 0)] * (x.ndim - 1)], constant_values=fill)


@cache
def seen(row, variant):
    """What the kernels take, by name."""
    x, y, b, logits, w = arrays(row, variant)
    where = padded(np.ones(len(x), int) if w is None else w, 0)
    wide, width = padded(np.pad(x, ((0, 0), (0, D - x.shape[1])))), np.int32(x.shape[1])
    return {
        "spectrum": dk.spectrum(wide, where=where, width=width),
        "features": wide,
        "labels": padded(y, -1),
        "targets": padded(b),
        "logits": padded(logits),
        "where": where,
        "width": width,
    }


@cache
def batch():
    """`seen` of all problems in float32."""
    return jax.tree.map(lambda *rows: np.stack(rows), *(seen(row, "float32") for row in SMALL))


@cache
def batched(kernel, names, options):
    """A kernel on all problems in float32."""
    one = partial(kernel, **dict(options))
    with jax.enable_x64(False):
        found = jax.vmap(lambda taken: one(**taken))({name: batch()[name] for name in names})
        assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(found))
        return found


def call(kernel, inputs, names, **options):
    return kernel(**{name: inputs[name] for name in names}, **options)


def score(kernel, row, variant, names, **options):
    """The kernel on one problem, with the inputs of these names."""
    if variant != "float32":
        return call(kernel, seen(row, variant), names, **options)
    found = batched(kernel, names, tuple(options.items()))
    return jax.tree.map(lambda leaf: leaf[SMALL.index(row)], found)


def bound(variant, double, single):
    return (
        {"rtol": single, "atol": single}
        if variant == "float32"
        else {"rtol": double, "atol": 1e-12}
    )


# NCTI. Around a mean of 1000 rounding decides whether the 60th of 60 components is a null one.
@variants
@over([row for row in SMALL if row.name != "wide-offset"])
def test_ncti(row, variant):
    found = score(dk.ncti, row, variant, FROM_SPECTRUM, num_classes=CLASSES)
    x, y, _, _, w = arrays(row, variant)
    epsilon = EPSILON if variant == "float32" else EPS["float64"]
    expected = ncti_oracle.ncti(x, y, num_classes=row.num_classes, weights=w, epsilon=epsilon)
    np.testing.assert_allclose(found, expected[:3], **bound(variant, 1e-8, 1e-4))


def test_ncti_leaves_out_the_directions_that_means_do_not_have():
    """Four classes with their means on one line: seli counts one direction, not three."""
    y = np.arange(N, dtype=np.int32) % 4
    x = 10 * np.random.default_rng(0).normal(size=TALL.shape)
    x -= np.array([x[y == c].mean(axis=0) for c in range(4)])[y]
    x[:, 0] += y
    wide, options = (
        np.pad(x, ((0, 0), (0, D - 64))),
        {"where": np.ones(N, int), "width": np.int32(64)},
    )
    inputs = {"labels": y, "spectrum": dk.spectrum(wide, **options), **options}
    found = call(dk.ncti, inputs, FROM_SPECTRUM, num_classes=CLASSES)
    expected = ncti_oracle.ncti(x, y, num_classes=4, epsilon=EPS["float64"])
    assert len(expected.eigenvalues) == 1
    np.testing.assert_allclose(found, expected[:3], rtol=1e-8)


# SFDA. The condition of S is up to 1e12 where a = 1e-10; what float32 leaves in null components is
# then not far below the shrinkage.
@variants
@over(SMALL)
def test_sfda(row, variant):
    found = score(dk.sfda, row, variant, FROM_SPECTRUM, num_classes=CLASSES)
    x, y, _, _, w = arrays(row, variant)
    expected = sfda_oracle.sfda(x, y, num_classes=row.num_classes, weights=w)
    np.testing.assert_allclose(found, expected, **bound(variant, 1e-7, 1e-3))


# Leave-one-out LDA. The oracle refits without every sample in turn: mostly the smaller problems.
@variants
@over(
    [row for row in SMALL if row.shape[0] < 100][1::2]
    + [problem(name) for name in ("tall-lone-samples", "tall-empty-class", "tall-constant")]
)
def test_lda_loo(row, variant):
    found = score(dk.lda_loo, row, variant, FROM_SPECTRUM, num_classes=CLASSES)
    x, y, _, _, w = arrays(row, variant)
    expected = lda_oracle.lda_loo(x, y, num_classes=row.num_classes, weights=w)
    np.testing.assert_allclose(found, expected, rtol=1e-6)  # a sample more or less would be 3e-3


@variants
@over(SMALL)
@pytest.mark.parametrize("compat", ["exact", "published"])
def test_etran(row, variant, compat):
    found = score(dk.etran, row, variant, FOR_ETRAN, num_classes=CLASSES, compat=compat)
    x, y, _, logits, w = arrays(row, variant)
    expected = etran_oracle.etran(
        x,
        y,
        logits,
        num_classes=row.num_classes,
        compat=None if compat == "exact" else compat,
        weights=w,
    )
    np.testing.assert_allclose(found, expected, **bound(variant, 1e-8, 1e-6))


# In float32 the components of an exponential spectrum that are beyond the rank explain something.
@variants
@over(SMALL)
def test_etran_regression(row, variant):
    if variant == "float32" and "exponential" in row.name:
        pytest.skip("other components count")
    found = score(dk.etran_regression, row, variant, FOR_TARGETS)
    x, _, b, _, w = arrays(row, variant)
    expected = etran_oracle.etran_regression(x, b, weights=w, epsilon=EPS["float64"])
    np.testing.assert_allclose(found, expected, **bound(variant, 1e-8, 1e-6))


def test_etran_regression_without_an_intercept():
    """Targets of mean 1 on centred features: the mean is missed; on a plane off 0 it is reached."""
    x = np.array([[1.0, 0], [-1, 0], [2, 0], [-2, 0]])
    t = np.array([2.0, 0, 3, -1])
    for mean, expected in ((0, 0), -1), ((0, 5), 0), ((5, 0), -16 / 11):
        found = dk.etran_regression(dk.spectrum(x + np.array(mean)), t)
        np.testing.assert_allclose(found, expected, atol=1e-12)


@variants
@over(SMALL)
def test_tmi_variance(row, variant):
    found = score(dk.tmi_variance, row, variant, FOR_VARIANCE, num_classes=CLASSES)
    x, y, _, _, w = arrays(row, variant)
    expected = tmi_oracle.tmi_variance(x, y, num_classes=row.num_classes, weights=w)
    tiny = (
        1e-24 * np.max(np.abs(x)) ** 2
    )  # equal samples of weight 3 are off their mean by rounding
    np.testing.assert_allclose(
        found, expected, rtol=1e-6 if variant == "float32" else 1e-8, atol=tiny
    )


def test_etran_asks_for_logits():
    x, y = TALL.features, TALL.labels
    with pytest.raises(ValueError, match="published"):
        dk.etran(x, y, num_classes=5)
    with pytest.raises(ValueError, match="logits must have 300 rows"):
        dk.etran(x, y, np.zeros((10, 3), np.float32), num_classes=5)


def test_nothing_to_score():
    """Weights of zero everywhere: finite, whatever it is."""
    inputs = {**seen(TALL, "float64"), "where": np.zeros(N, int)}
    x, where, width = (inputs[name] for name in ("features", "where", "width"))
    inputs["spectrum"] = dk.spectrum(x, where=where, width=width)
    assert call(dk.sfda, inputs, FROM_SPECTRUM, num_classes=CLASSES) == 0
    assert call(dk.lda_loo, inputs, FROM_SPECTRUM, num_classes=CLASSES) == 0
    assert call(dk.etran_regression, inputs, FOR_TARGETS) == 0
    assert call(dk.tmi_variance, inputs, FOR_VARIANCE, num_classes=CLASSES) == 0
    for compat in ("exact", "published"):
        found = call(dk.etran, inputs, FOR_ETRAN, num_classes=CLASSES, compat=compat)
        np.testing.assert_array_equal(found, (0, 0))


def test_nuclear_norms_of_short_and_long_blocks():
    """Of 50 columns and 8 blocks: at most 40 rows are few, 109 take three tiles."""
    stops = np.array([0, 3, 18, 20, 20, 50, 51, 160])
    p = np.random.default_rng(0).normal(size=(160, 50))
    starts = np.append([0], stops[:-1])
    found = nuclear_norms(*(jnp.asarray(array) for array in (p, starts, stops)))
    blocks = [p[a:b] for a, b in zip(starts, stops, strict=True)]
    expected = [np.linalg.norm(block, "nuc") if len(block) else 0 for block in blocks]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-6])
def test_the_inverse_of_a_scatter_that_is_not_formed(spread):
    """Classes that are nearly points: between them is 1/spread^2 times what is within."""
    rng, y = np.random.default_rng(0), np.arange(200, dtype=np.int32) % 4
    x = rng.normal(size=(5, 30))[y] + spread * rng.normal(size=(200, 30))
    left, s, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    rows = left * s
    deviations = rows - np.array([rows[y == c].mean(axis=0) for c in range(4)])[y]
    within, ridge = deviations.T @ deviations, 1e-3 * np.sum(deviations**2) / 30
    classes = class_means(reader(rows), 30, y, np.ones(200), 5)  # the last one is empty
    along = variances(reader(rows), classes)
    np.testing.assert_allclose(along, np.diagonal(within), rtol=1e-9)
    root = inverse_root(reader(rows), classes, along, 0.5, ridge, False)
    expected = np.linalg.inv(0.5 * within + ridge * np.eye(30))
    bound = 1e-6 * np.abs(expected).max()
    np.testing.assert_allclose(root.solve(np.eye(30)), expected, atol=bound)
    np.testing.assert_allclose(root.lengths(np.eye(30)), np.diagonal(expected), atol=bound)
