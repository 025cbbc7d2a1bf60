"""The oracles themselves: numbers worked out by hand, brute force, SciPy and scikit-learn."""

from functools import partial

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from .. import problems
from ..closeness import close as near
from . import analysis, groups, posteriors, weighting
from .disco import disco, disco_detection, disco_regression, hub_minmax
from .moments import moments
from .spectrum import spectrum

CROSS = np.array([[-1.0, 0], [1, 0], [0, 2], [0, -2]]) + 10.0
TALL = problems.problem("tall-lone-samples")


close = partial(near, rtol=1e-10)


def test_weights_are_repeats():
    rows = np.arange(6.0).reshape(3, 2)
    w, repeated, labels = weighting.expand([2, 0, 1], rows, [5, 6, 7])
    close(w, [1, 1, 1])
    close(repeated, [[0, 1], [0, 1], [4, 5]])
    close(labels, [5, 5, 7])
    w, kept = weighting.expand([0.5, 0.0, 2.0], rows)
    close(w, [0.5, 2])
    close(kept, rows[[0, 2]])
    close(weighting.mean(w, kept), (0.5 * rows[0] + 2 * rows[2]) / 2.5)


def test_moments_by_hand():
    m = moments(CROSS, [0, 0, 1, 3], [1.0, 2.0, 3.0, 6.0], num_classes=4)
    close(m.total, 4)
    close(m.mean, [10, 10])
    close(m.gram, [[2, 0], [0, 8]])
    close((m.square_norms, m.fourth_norms), (1 + 1 + 4 + 4, 1 + 1 + 16 + 16))
    close(m.class_counts, [2, 1, 0, 1])
    close(m.class_sums, [[0, 0], [0, 2], [0, 0], [0, -2]])
    close(m.target_mean, [3])
    close(m.cross, [[-1 * -2 + 1 * -1], [2 * 0 - 2 * 3]])
    twice, half = (
        moments(CROSS, [0, 0, 1, 3], [1, 2, 3, 6], num_classes=4, weights=scale * w)
        for scale, w in ((1, np.array([4, 1, 0, 3])), (0.3, np.array([4, 1, 0, 3])))
    )
    close(twice.mean, CROSS[[0, 0, 0, 0, 1, 3, 3, 3]].mean(axis=0))
    for field in ("total", "gram", "fourth_norms", "class_counts", "class_sums", "cross"):
        close(getattr(half, field), 0.3 * getattr(twice, field))


def test_spectrum_by_hand_and_against_the_covariance():
    s = spectrum(CROSS)
    close(s.singular_values, np.sqrt([8, 2]))
    close(np.abs(s.coordinates), [[0, 1], [0, 1], [2, 0], [2, 0]])
    close(s.mean, [10, 10])
    covariance = np.cov(TALL.features, rowvar=False, dtype=np.float64)
    values = np.linalg.eigvalsh(covariance)[::-1] * (len(TALL.features) - 1)
    close(spectrum(TALL.features, components=9).singular_values ** 2, values[:9])


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_weighted_spectrum_and_scores_follow_the_repeated_ones(scale):
    """Weights times a constant change neither the shape of the spectrum nor a score."""
    weights = np.arange(len(TALL.features)) % 3 * scale
    repeated = np.repeat(np.arange(len(weights)), np.arange(len(weights)) % 3)
    x, y, b = (array[repeated] for array in TALL.arrays)
    s, whole = spectrum(TALL.features, weights=weights), spectrum(x)
    close(s.singular_values, np.sqrt(scale) * whole.singular_values)
    close(np.abs(s.coordinates[repeated]), np.abs(whole.coordinates), atol=1e-9)
    for covariance in ("identity", "shared", "per_class"):
        options = {"num_classes": 5, "covariance": covariance}
        expected = disco(x, y, **options).score
        close(disco(TALL.features, TALL.labels, weights=weights, **options).score, expected)
    expected = disco_regression(x, b).score
    close(disco_regression(TALL.features, TALL.targets, weights=weights).score, expected)


def test_groups_by_hand():
    assert groups.slices(10, 4) == [slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 8)]
    assert groups.slices(2, 8) == [slice(0, 1), slice(1, 2)]
    close(groups.proportions([4.0, 2, 1, 1, 2], 2), [0.6, 0.2])
    close(groups.spectral_share([4.0, 2, 1, 1, 2], 2), 0.6)
    close(groups.proportions(np.zeros(4), 2), [0, 0])
    s = spectrum(TALL.features)
    whole = sum(groups.component(s, group) for group in groups.slices(64, 8))
    close(whole, TALL.features - s.mean, atol=1e-9)


def test_disco_by_hand():
    x, y = np.array([[-3.0], [-1.0], [1.0], [3.0]]), np.array([0, 0, 1, 1])

    def posterior(own, other):
        return 1 / (1 + np.exp((own**2 - other**2) / 2))

    expected = (posterior(1, 5) + posterior(1, 3)) / 2
    close(disco(x, y, num_classes=2).score, expected)
    close(disco(x, y, num_classes=3).score, expected)  # an absent class changes nothing
    expected = (posterior(2, 5) + posterior(2, 3)) / 2  # without itself: the other one's place
    close(disco(x, y, num_classes=2, leave_one_out=True).score, expected)
    lone = disco(x, [0, 0, 0, 1], num_classes=2, leave_one_out=True)
    means, priors = np.array([[-0.0, 3], [-1.0, 3], [-2.0, 3]]), np.array([0.75, 0.25])
    terms = priors * np.exp(-0.5 * (x[:3] - means) ** 2)
    close(lone.score, np.sum(terms[:, 0] / terms.sum(axis=1)) / 4)
    assert disco(x, np.zeros(4, int), num_classes=1).score == 1.0
    assert disco(np.ones((4, 3)), y, num_classes=2).score == 0.0
    shared = disco(x, y, num_classes=2, covariance="shared")  # Sw = 1 = L
    close(shared.score, disco(x, y, num_classes=2).score)
    alone = disco(x, np.arange(4), num_classes=4, covariance="per_class")
    close(alone.score, disco(x, np.arange(4), num_classes=4).score)


@pytest.mark.parametrize("covariance", ["identity", "shared", "per_class"])
def test_posteriors_against_scipy(covariance):
    (x, y, _), a = TALL.arrays, 0.1
    s = spectrum(x)
    result = disco(x, y, num_classes=5, covariance=covariance)
    for g, group in enumerate(groups.slices(64, 8)):
        t, joint = s.coordinates[:, group], np.zeros((len(x), 5))
        deviations = t - np.array([t[y == c].mean(axis=0) for c in y])
        within = deviations.T @ deviations / len(x)
        for c in range(5):
            own = np.cov(t[y == c], rowvar=False, bias=True)
            spread = {"identity": np.eye(8), "shared": within, "per_class": own}[covariance]
            if covariance != "identity":
                spread = (1 - a) * spread + a * np.trace(within) / 8 * np.eye(8)
            density = multivariate_normal(t[y == c].mean(axis=0), spread).pdf(t)
            joint[:, c] = np.mean(y == c) * density
        posterior = (joint / joint.sum(axis=1, keepdims=True))[np.arange(len(x)), y]
        close(result.transferability[g], posterior.mean(), rtol=1e-8)
    close(result.score, result.proportions @ result.transferability)


@pytest.mark.parametrize("covariance", ["shared", "per_class"])
def test_null_components_carry_only_the_priors(covariance):
    row = problems.problem("tall-low-rank")
    q = disco(row.features, row.labels, num_classes=5, covariance=covariance).transferability
    close(q[3:], np.full(5, 0.2))
    assert np.all(q[:3] > 0.22)


def test_leave_one_out_is_the_closed_form():
    x, y, _ = problems.problem("wide-lone-samples").arrays
    z, w = spectrum(x).coordinates[:, :4] / 3, np.ones(len(x))
    means = np.array([z[y == c].mean(axis=0) for c in range(5)])
    counts = np.bincount(y)
    logits = -0.5 * np.sum((z[:, None] - means) ** 2, axis=2) + np.log(counts / len(x))
    rows, lone = np.arange(len(x)), counts[y] == 1
    grown = (counts[y] / np.maximum(counts[y] - 1, 1)) ** 2 - 1
    logits[rows, y] -= 0.5 * grown * np.sum((z - means[y]) ** 2, axis=1)
    p = np.exp(logits[rows, y]) / np.exp(logits).sum(axis=1)
    oracle = posteriors.own_probabilities(w, z, y, 5, leave_one_out=True)
    close(oracle, np.where(lone, 0.0, p))
    assert lone.sum() == 2
    spread = posteriors.covariances(w, z, y, "shared", 0.1)[0]
    white = np.linalg.solve(np.linalg.cholesky(spread), z.T).T
    shared = posteriors.own_probabilities(w, z, y, 5, covariance="shared", leave_one_out=True)
    close(shared, posteriors.own_probabilities(w, white, y, 5, leave_one_out=True))


def test_leave_one_out_takes_one_copy_of_a_sample():
    z, y = np.array([[0.0], [3.0], [7.0]]), np.array([0, 0, 1])
    p = posteriors.own_probabilities(np.array([1.5, 0.25, 0.5]), z, y, 2, leave_one_out=True)
    means = np.array([0.25 * 3 / 0.75, 0.0])  # half of the first and the second; the first alone
    own = 1.75 * np.exp(-0.5 * (z[:2, 0] - means) ** 2)
    close(p, [*(own / (own + 0.5 * np.exp(-0.5 * (z[:2, 0] - 7) ** 2))), 0.0])


@pytest.mark.parametrize("name", ["tall-gapped-1", "tall-low-rank", "wide-flat"])
def test_regression_is_least_squares_on_each_component(name):
    x, _, b = problems.problem(name).arrays
    s, b = spectrum(x), b.astype(np.float64)
    result = disco_regression(x, b)
    for g, group in enumerate(groups.slices(min(x.shape), 8)):
        z, centred = groups.component(s, group, s.rank()), b - b.mean(axis=0)
        residual = centred - z @ np.linalg.pinv(z, rcond=1e-8) @ centred
        close(result.transferability[g], -np.mean(residual**2), rtol=1e-8)
    close(disco_regression(x, b[:, 0]).score, disco_regression(x, b[:, :1]).score)


def test_detection_and_hub_scaling():
    x, y, b = TALL.arrays
    terms = disco_detection(x, y, b, num_classes=5, components=16, groups=4)
    assert terms[0] == disco(x, y, num_classes=5, components=16, groups=4).score
    assert terms[1] == disco_regression(x, b, components=16, groups=4).score
    close(hub_minmax([2.0, 4.0, 3.0]), [0, 1, 0.5])
    close(hub_minmax([2.0, 9.0, 3.0], [1, 0, 1]), [0, 0, 1])
    close(hub_minmax([2.0, 2.0]), [0, 0])


def test_component_and_proportion_change():
    x = TALL.features.astype(np.float64)
    close(analysis.component_change(x, 3 * x), np.full(8, 2.0))
    close(analysis.proportion_change(x, 3 * x), np.zeros(8))
    turned = CROSS @ np.diag([3.0, 1.0])  # singular values sqrt(18), sqrt(8), the axes change place
    close(analysis.component_change(CROSS, turned), np.sqrt([(8 + 18) / 8, (2 + 8) / 2]))
    share = np.sqrt([18, 8]) / np.sqrt([18, 8]).sum() - np.array([2, 1]) / 3
    close(analysis.proportion_change(CROSS, turned), share)
    close(analysis.component_change(np.ones((4, 2)), CROSS), [np.inf, np.inf])
    close(analysis.component_change(np.ones((4, 2)), np.ones((4, 2))), [0, 0])


def test_hard_examples():
    x, y = np.array([-5.0, -4, -1, -4, 5, 4, 1, 4])[:, None], np.repeat([0, 1], 4)
    pick = {"num_classes": 3, "fraction": 0.25}
    assert np.flatnonzero(analysis.hard_examples(x, y, **pick)).tolist() == [2, 6]
    half = analysis.hard_examples(x, y, num_classes=2, fraction=0.375)  # 1.5 is rounded up to 2
    assert np.flatnonzero(half).tolist() == [1, 2, 5, 6]  # the earlier of equals
    weights = [1, 1, 0, 1, 1, 1, 1, 1]
    assert np.flatnonzero(analysis.hard_examples(x, y, weights=weights, **pick)).tolist() == [1, 6]


def test_hard_examples_use_the_lda_of_scikit_learn():
    lda = pytest.importorskip("sklearn.discriminant_analysis")
    covariance = pytest.importorskip("sklearn.covariance")
    x, y, _ = problems.problem("tall-imbalanced").arrays
    x = x.astype(np.float64)
    within = x - np.array([x[y == c].mean(axis=0) for c in range(5)])[y]
    rho = 1e-3 * np.sum(within**2) / x.size

    class Loaded(covariance.EmpiricalCovariance):
        def fit(self, rows, y=None):
            super().fit(rows)
            self.covariance_ = self.covariance_ + rho * np.eye(rows.shape[1])
            return self

    model = lda.LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=Loaded()).fit(x, y)
    ours = analysis.lda_log_posteriors(x, y, num_classes=5)
    close(ours, model.predict_log_proba(x), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("row", problems.PROBLEMS, ids=lambda row: row.name)
def test_problems_are_what_they_say(row):
    x, y, b = row.arrays
    assert x.shape == row.shape
    assert (x.dtype, y.dtype, b.dtype) == (np.float32, np.int32, np.float32)
    assert y.min() >= 0
    assert y.max() < row.num_classes
    assert all(np.isfinite(array).all() for array in row.arrays)
    again = problems.Problem(row.name, row.shape, row.build, row.assign, row.num_classes)
    assert np.array_equal(again.features, x)
    s = spectrum(x)
    if "gapped" in row.name:
        assert problems.boundary_gaps(s.singular_values)
        assert problems.boundary_gaps(s.singular_values, components=32)
        z, w = s.coordinates[:, :4], np.ones(len(x))
        between = 1 - np.trace(posteriors.scatter(w, z, y, np.unique(y))) / np.mean(z**2) / 4
        assert between > 0.1  # random labels: (C - 1) / n
    if "low-rank" in row.name:
        assert np.sum(s.singular_values > 1e-12 * s.singular_values[0]) == 20
    if "constant" in row.name and "columns" not in row.name:
        assert np.all(s.singular_values == 0)


def test_spectrum_is_the_prescribed_one():
    values = np.array([5.0, 3.0, 1.0])
    labels = problems.balanced(30, 5)
    x = problems.structured(np.random.default_rng(0), labels, values, 7, mean=1e3)
    close(spectrum(x).singular_values, [5, 3, 1, 0, 0, 0, 0], atol=1e-9)
    assert problems.boundary_gaps([3.0, 2, 1], groups=2, components=2)
    assert not problems.boundary_gaps([3.0, 2, 2], groups=2, components=2)
    assert problems.boundary_gaps([3.0, 2, 2], groups=1, components=3)  # nothing is cut off
    assert problems.boundary_gaps([3.0, 0, 0], groups=3, components=3)
