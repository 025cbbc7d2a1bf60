"""The oracles of the metrics: by hand, by brute force, against SciPy and scikit-learn."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import multivariate_normal, norm

from .. import problems
from ..closeness import close
from .gbc import bhattacharyya, gbc
from .knn import knn
from .logme import column_evidence, columns, logme
from .ncti import ncti, ncti_scores
from .spectrum import spectrum

ANY = {"num_classes": 60}  # absent classes contribute nothing
METRICS = {
    "logme": lambda x, y, **rest: logme(x, y, **ANY, **rest),
    "logme-published": lambda x, y, **rest: logme(x, y, compat="published", **ANY, **rest),
    "logme-icml2021": lambda x, y, **rest: logme(x, y, compat="icml2021", **ANY, **rest),
    "gbc": lambda x, y, **rest: gbc(x, y, **ANY, **rest),
    "gbc-paper": lambda x, y, **rest: gbc(x, y, determinant=True, **ANY, **rest),
    "gbc-diagonal": lambda x, y, **rest: gbc(x, y, covariance="diagonal", **ANY, **rest),
    "ncti": lambda x, y, **rest: ncti(x, y, **ANY, **rest)[:4],
    "knn": knn,
    "knn-cosine": lambda x, y, **rest: knn(x, y, metric="cosine", **rest),
}
SMALL = [row for row in problems.PROBLEMS if row.shape != problems.SHAPES["big"]]
NAMES = ("tall-flat", "tall-power-1", "wide-power-0.5", "tall-lone-samples")


@pytest.fixture(params=NAMES)
def data(request):
    x, y, b = problems.problem(request.param).arrays
    return x.astype(np.float64), y, b.astype(np.float64)


# Every metric


@pytest.mark.parametrize("metric", METRICS)
def test_order_of_rows_and_names_of_classes_do_not_matter(metric, data):
    x, y, _ = data
    order = np.random.default_rng(0).permutation(len(x))
    expected = METRICS[metric](x, y)
    close(METRICS[metric](x[order], y[order]), expected)
    close(METRICS[metric](x, np.array([5, 3, 0, 1, 2])[y]), expected)


@pytest.mark.parametrize("metric", METRICS)
def test_integer_weights_are_repeated_samples(metric, data):
    x, y, _ = data
    weights = np.arange(len(x)) % 2  # a mask: the only weights that k-NN takes as others do
    close(METRICS[metric](x, y, weights=weights), METRICS[metric](x[1::2], y[1::2]))
    if not metric.startswith("knn"):
        weights = np.arange(len(x)) % 4
        expected = METRICS[metric](np.repeat(x, weights, axis=0), np.repeat(y, weights))
        close(METRICS[metric](x, y, weights=weights), expected)


@pytest.mark.parametrize("metric", sorted(METRICS.keys() - {"gbc-diagonal"}))
def test_rotation(metric, data):
    x, y, _ = data
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(x.shape[1], x.shape[1])))[0]
    # the floor of GBC is per dimension; without it a class of one sample has no distance
    lone, options = np.bincount(y)[y] == 1, {"floor": 0.0} if "gbc" in metric else {}
    x, y = x[~lone], y[~lone]
    close(METRICS[metric](x @ turn, y, **options), METRICS[metric](x, y, **options), rtol=1e-7)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("row", SMALL, ids=lambda row: row.name)
def test_finite_unless_there_is_one_class(metric, row):
    found = np.atleast_1d(METRICS[metric](row.features, row.labels))
    assert np.isfinite(found[0])
    assert np.isfinite(found).all() or (metric.startswith("gbc") and row.name == "tall-one-class")


# LogME


def dense(x, t, compat=None):
    """(evidence, alpha, beta, tau, the weights m) with d x d matrices, as the papers write them."""
    (n, d), alpha, beta = x.shape, 1.0, 1.0
    added = 1e-5 if compat == "icml2021" else 0.0
    for _ in range(11):
        tau = alpha / beta
        inverse = np.linalg.inv(alpha * np.eye(d) + beta * x.T @ x)
        m = beta * inverse @ x.T @ t
        gamma = beta * np.trace(inverse @ x.T @ x)
        alpha = gamma / (m @ m + 1e-5)
        beta = (n - gamma) / (np.sum((t - x @ m) ** 2) + 1e-5)
        if abs(alpha / beta - tau) / tau < (1e-2 if compat == "icml2021" else 1e-3):
            break
    log_determinant = np.linalg.slogdet(alpha * np.eye(d) + beta * x.T @ x)[1]
    if compat == "published":
        log_determinant -= max(d - n, 0) * np.log(alpha)
    evidence = d / 2 * np.log(alpha) + n / 2 * np.log(beta) - log_determinant / 2
    evidence -= beta / 2 * (np.sum((t - x @ m) ** 2) + added) + alpha / 2 * (m @ m + added)
    return (evidence - n / 2 * np.log(2 * np.pi)) / n, alpha, beta, tau, m


def test_logme_by_hand():
    """x = (2, 0), t = (1, 1): sig = 4, u = (1, 0), z = 1, r0 = 1; the first round."""
    found = column_evidence(2.0, 1, 1, np.array([4.0]), np.array([1.0]), 1.0, rounds=1)
    m2, res = 4 / 25, 1 / 25 + 1
    alpha, beta = 0.8 / (m2 + 1e-5), 1.2 / (res + 1e-5)
    close((found.alpha, found.beta, found.tau), (alpha, beta, 1))
    evidence = np.log(alpha) / 2 + np.log(beta) - np.log(alpha + 4 * beta) / 2
    evidence -= beta * res / 2 + alpha * m2 / 2 + np.log(2 * np.pi)
    close(found.evidence, evidence / 2)
    second = column_evidence(2.0, 1, 1, np.array([4.0]), np.array([1.0]), 1.0, rounds=2)
    close(second.tau, alpha / beta)
    close(logme([[2.0], [0.0]], targets=[1, 1]), dense(np.array([[2.0], [0.0]]), np.ones(2))[0])


@pytest.mark.parametrize("compat", [None, "published", "icml2021"])
def test_logme_is_the_dense_iteration(compat, data):
    x, y, b = data
    expected = np.mean([dense(x, (y == c).astype(float), compat)[0] for c in np.unique(y)])
    close(logme(x, y, num_classes=5, compat=compat), expected, rtol=1e-6)
    expected = np.mean([dense(x, t, compat)[0] for t in b.T])
    close(logme(x, targets=b, compat=compat), expected, rtol=1e-6)


def test_logme_is_a_gaussian_log_likelihood(data):
    """n evidence = ln N(t; 0, I/beta + X X^T/alpha) - (m - m*)^T A (m - m*)/2, exactly.

    A = alpha I + beta X^T X, m* = beta A^-1 X^T t, and m the same at tau of the round before, to
    which m2 and res belong. The second term is 0 at the fixed point, and below 1e-5 n here.
    """
    x, _, b = data
    found = columns(x, b)
    for t, (evidence, alpha, beta, tau) in zip(b.T, found, strict=True):
        covariance = np.eye(len(x)) / beta + x @ x.T / alpha
        likelihood = multivariate_normal(np.zeros(len(x)), covariance).logpdf(t)
        a = alpha * np.eye(x.shape[1]) + beta * x.T @ x
        m = np.linalg.solve(tau * np.eye(x.shape[1]) + x.T @ x, x.T @ t)
        away = m - beta * np.linalg.solve(a, x.T @ t)
        gap = away @ a @ away / 2
        close(evidence, (likelihood - gap) / len(x), rtol=1e-8)
        assert gap >= 0
        if abs(alpha / beta - tau) <= 1e-3 * tau:
            assert gap < 1e-5 * len(x)


def test_logme_wide_features():
    """The published value lacks -(d-k)/(2n) ln alpha: pure noise columns make it rise."""
    rng = np.random.default_rng(0)
    y = np.arange(100) % 5
    x = rng.normal(size=(100, 64)) + 0.3 * rng.normal(size=(5, 64))[y]
    wide = np.hstack([x, rng.normal(size=(100, 960))])
    (right, wrong), (right_wide, wrong_wide) = (
        [logme(rows, y, num_classes=5, compat=compat) for compat in (None, "published")]
        for rows in (x, wide)
    )
    close(right, wrong)
    assert abs(right_wide - right) < 0.3
    assert wrong_wide > 20
    one_hot = (y[:, None] == np.arange(5)).astype(float)
    lacking = np.mean([np.log(column.alpha) for column in columns(wide, one_hot)]) * 924 / 200
    close(wrong_wide, right_wide + lacking)
    padded = np.hstack([x, np.zeros((100, 50))])
    close(logme(padded, y, num_classes=5), right)


def test_logme_columns_are_apart(data):
    """Every column starts at alpha = beta = 1; an absent class has no column."""
    x, y, b = data
    alone = [logme(x, targets=t) for t in b.T]
    close(logme(x, targets=b), np.mean(alone))
    close(logme(x, targets=b[:, ::-1]), np.mean(alone))
    close(logme(x, y, num_classes=9), logme(x, y, num_classes=5))
    one_hot = (y[:, None] == np.unique(y)).astype(float)
    close(logme(x, targets=one_hot), logme(x, y, num_classes=5))


def test_logme_degenerate():
    y = np.array([0, 0, 1])
    beta = 3 / (np.array([2, 1]) + 1e-5)
    expected = np.log(beta) / 2 - beta * np.array([2, 1]) / 6 - np.log(2 * np.pi) / 2
    for compat in (None, "published"):
        close(logme(np.zeros((3, 4)), y, num_classes=2, compat=compat), expected.mean())
    assert np.isfinite(logme(np.ones((1, 4)), [0], num_classes=1))
    assert np.isfinite(logme(np.ones((3, 4)), targets=np.zeros(3)))
    weights = np.full(3, 0.5)  # half of everything: X^T X, t^T t and n
    x, t = np.array([[1.0], [2.0], [0.5]]), np.array([1.0, 1.5, 0.0])
    sig, z = np.array([0.5 * 5.25]), np.array([0.5 * 16 / 5.25])
    expected = column_evidence(1.5, 1, 1, sig, z, 0.5 * (3.25 - 16 / 5.25)).evidence
    close(logme(x, targets=t, weights=weights), expected)


# GBC


def test_gbc_by_hand():
    """Variances 1 and 4, means 1 and 12."""
    x, y = np.array([0.0, 2, 10, 14])[:, None], np.array([0, 0, 2, 2])
    distance = 121 / 20 + (np.log(2.5) - np.log(4) / 2) / 2
    for covariance in ("spherical", "diagonal"):
        found = gbc(x, y, num_classes=3, covariance=covariance)
        close(found, (-2 * np.exp(-distance), np.log(2) - distance))
    flat = np.array([[0.0, 0], [0, 4], [1, 0], [1, 2]])  # floored first, then averaged
    a, b = (1e-4 + 4) / 2, (1e-4 + 1) / 2
    s, logs = (a + b) / 2, np.log((a + b) / 2) - np.log(a * b) / 2
    close(gbc(flat, y, num_classes=3).log_overlap, np.log(2) - (2 / (8 * s) + logs / 2))
    paper = gbc(flat, y, num_classes=3, determinant=True).log_overlap
    close(paper, np.log(2) - (2 / (8 * s) + logs))
    diagonal = gbc(flat, y, num_classes=3, covariance="diagonal").log_overlap
    close(diagonal, np.log(2) - (1 / 8e-4 + 1 / 20 + (np.log(2.5) - np.log(4) / 2) / 2))


def test_bhattacharyya_is_the_overlap_of_two_gaussians():
    """exp(-DB) = integral of sqrt(p q)."""
    grid = np.linspace(-30, 30, 20001)
    mean_a, mean_b, v_a, v_b = (np.array(v) for v in ([0, 1.0], [2, -1.0], [1, 3.0], [2, 0.5]))

    def overlap(v_a, v_b):
        p = norm.pdf(grid[:, None], mean_a, np.sqrt(v_a))
        q = norm.pdf(grid[:, None], mean_b, np.sqrt(v_b))
        return np.prod(np.sum(np.sqrt(p * q), axis=0) * (grid[1] - grid[0]))

    close(np.exp(-bhattacharyya(mean_a, mean_b, v_a, v_b)), overlap(v_a, v_b))
    close(np.exp(-bhattacharyya(mean_a, mean_b, 2.0, 0.7, 2)), overlap([2, 2], [0.7, 0.7]))
    both = [bhattacharyya(mean_a[j], mean_b[j], v_a[j], v_b[j]) for j in (0, 1)]
    close(bhattacharyya(mean_a, mean_b, v_a, v_b), np.sum(both))


def test_gbc_degenerate_and_apart():
    x, y, _ = problems.problem("tall-power-1").arrays
    x = x.astype(np.float64)
    assert gbc(x, np.zeros(300, int), num_classes=3) == (0.0, -np.inf)
    close(gbc(np.ones((4, 3)), [0, 0, 1, 1], num_classes=2), (-2, np.log(2)))
    far = gbc(1e3 * x, y, num_classes=5, floor=0.0)
    near = gbc(x, y, num_classes=5, floor=0.0)
    close(far, near)  # free of scale, floor apart
    apart = gbc(x + 1e3 * y[:, None], y, num_classes=5)
    assert apart.score == 0
    assert -np.inf < apart.log_overlap < -1e4


# NCTI


def unshrunk(x):
    """Scaled so that a = 1e-10, and so that it is not."""
    s = spectrum(x).singular_values
    return x * np.sqrt(40 * (len(x) - 1) / np.sum(s[:32] ** 2))


def shrunk(x, exponent=2.0):
    return unshrunk(x) * np.sqrt(exponent / 40)


def test_ncti_by_hand():
    """x = -3 -1 1 3 scaled by r: Sw = r^2, St = 5 r^2, and one dimension undoes the shrinkage."""
    x, y = np.array([-3.0, -1, 1, 3])[:, None], np.array([0, 0, 3, 3])
    for scale in (0.1, 100.0):
        found = ncti(scale * x, y, num_classes=4)
        p = 1 / (1 + np.exp([-12, -4]))  # logit difference 2 * 2 x
        close(found.ncc, p.mean())
        close(found.shrinkage, max(np.exp(-20 * scale**2 / 3), 1e-10))
        close(found.eigenvalues, [4])  # (5 - 1)/1
        close(found.seli, np.sqrt(20))  # |x| / sqrt(Sw)
        half = np.stack([p, 1 - p], axis=1)
        size = np.sqrt(np.sum(half**2) + 2 * abs(np.linalg.det(half)))  # s_1 + s_2 of a 2 x 2
        close(found.vc, np.log(2 * size))


@pytest.mark.parametrize("exponent", [0.01, 2.0, 20.0])
def test_ncti_shrunk_is_the_lda_of_scikit_learn(exponent, data):
    lda = pytest.importorskip("sklearn.discriminant_analysis")
    x, y, _ = data
    several = np.bincount(y)[y] > 1  # scikit-learn warns at a class of one sample
    x, y = shrunk(x[several], exponent), y[several]
    found, z = ncti(x, y, num_classes=5), spectrum(x, components=64).coordinates
    close(found.shrinkage, np.exp(-exponent))
    model = lda.LinearDiscriminantAnalysis(solver="eigen", shrinkage=found.shrinkage).fit(z, y)
    t = model.transform(z)
    check_ncti(found, model.predict_proba(z), t - t.mean(axis=0), y)


def collapsed(deviation):
    """Two columns of correlation 1 in every class, but for the deviation across the diagonal."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 5
    along, across = rng.normal(size=(2, 200, 1))
    means = np.array([[0.0, 4], [1, -3], [-2, -1], [3, 2], [-2, -2]])[y]
    return means + along + deviation * across * np.array([1, -1]), y


UNSHRUNK = {
    name: problems.problem(name).arrays[:2]
    for name in ("tall-flat", "tall-power-1", "tall-low-rank", "wide-power-0.5")
} | {f"deviation {deviation}": collapsed(deviation) for deviation in (5e-5, 5e-4)}


@pytest.mark.parametrize("name", UNSHRUNK)
def test_ncti_unshrunk_is_the_lda_of_scikit_learn(name):
    """Its older versions divide Sw by n - C, as the published numbers do; the newer ones by n."""
    lda = pytest.importorskip("sklearn.discriminant_analysis")
    x, y = UNSHRUNK[name]
    x = unshrunk(x.astype(np.float64))
    n, found, s = len(x), ncti(x, y, num_classes=5), spectrum(x, components=64)
    assert found.shrinkage == 1e-10
    if name.startswith("deviation"):
        assert len(found.eigenvalues) == (1 if name.endswith("5e-05") else 2)
    z = np.where(np.arange(s.basis.shape[1]) < s.rank(), s.coordinates, 0.0)
    model = lda.LinearDiscriminantAnalysis(solver="svd").fit(z, y)
    t, log_priors = model.transform(z), np.log(model.priors_)
    within = t - np.array([t[y == c].mean(axis=0) for c in range(5)])[y]
    ratio = np.mean(within**2, axis=0)
    close(ratio, np.full(t.shape[1], 1.0 if ratio[0] > 1 - 2 / n else (n - 5) / n), rtol=1e-6)
    logits = (model.decision_function(z) - log_priors) / ratio[0] + log_priors
    check_ncti(found, softmax(logits, axis=1), t / np.sqrt(ratio), y)


def check_ncti(found, p, t, y):
    close(found.ncc, p[np.arange(len(y)), y].mean(), rtol=1e-7)
    close(found.seli, np.linalg.norm(t, "nuc"), rtol=1e-7)
    sizes = [np.linalg.norm(p[y == c], "nuc") for c in range(5)]
    close(found.vc, np.log(sum(sizes)), rtol=1e-7)


def test_ncti_seli_has_two_forms(data):
    """Unshrunk ||T||_* = sqrt(n) sum sqrt(1 + e), for then T^T T = n V^T St V = n (1 + e)."""
    x, y, _ = data
    found = ncti(unshrunk(x), y, num_classes=5)
    assert (found.shrinkage, len(found.eigenvalues)) == (1e-10, 4)
    close(found.seli, np.sqrt(len(x)) * np.sum(np.sqrt(1 + found.eigenvalues)))
    nearly = ncti(shrunk(x, 23.0), y, num_classes=5)  # a = 1.03e-10
    if len(x) > x.shape[1]:  # Sw has its inverse: the branches meet
        close(nearly[:3], found[:3], rtol=1e-5)


def test_ncti_does_not_see_a_null_class_space():
    """Where C - 1 exceeds the rank of the means, e_j = 0 for the rest, and seli leaves them out."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 4
    x = rng.normal(size=(80, 10))
    x -= np.array([x[y == c].mean(axis=0) for c in range(4)])[y]
    x[:, 0] += y  # the means on one line
    found = ncti(unshrunk(x), y, num_classes=4)
    assert len(found.eigenvalues) == 1
    close(found.seli, np.sqrt(80 * (1 + found.eigenvalues[0])))


def test_ncti_scale_and_width(data):
    x, y, _ = data
    close(ncti(3 * unshrunk(x), y, num_classes=5)[:4], ncti(unshrunk(x), y, num_classes=5)[:4])
    padded = np.hstack([x, np.zeros((len(x), 64))])  # from 64 columns on m stays
    close(ncti(padded, y, num_classes=5)[:4], ncti(x, y, num_classes=5)[:4])


def test_ncti_weights_count_as_samples(data):
    """Half of everybody: the nuclear norms shrink by sqrt(1/2), the mean stays."""
    x, y, _ = data
    rows = unshrunk(2 * x)  # where a does not see n
    whole, half = (ncti(rows, y, num_classes=5, weights=w * np.ones(len(x))) for w in (1, 0.5))
    close(half.ncc, whole.ncc)
    close(half.seli, whole.seli * np.sqrt(0.5))
    close(half.vc, whole.vc + np.log(0.5) / 2)


def test_ncti_degenerate():
    x = problems.problem("tall-power-1").features
    one = ncti(x, np.zeros(300, int), num_classes=4)
    close(one[:3], (1, 0, np.log(np.sqrt(300))))
    constant = ncti(np.ones((4, 3)), [0, 0, 0, 1], num_classes=2)
    close(constant[:3], (0.75**2 + 0.25**2, 0, np.log((1 + np.sqrt(3)) * np.hypot(0.75, 0.25))))
    assert constant.shrinkage == 1
    alone = 10 * np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]) + 5  # no class has any spread
    found = ncti(alone, np.arange(4), num_classes=4)
    close(found[:3], (1, 2 * np.sqrt(200), np.log(4)))
    close(ncti([[3.0, 4.0]], [1], num_classes=2)[:4], (1, 0, 0, 1))


def test_ncti_over_a_hub():
    close(ncti_scores([0.5, 0.9, 0.7], [3.0, 1, 2], [1.0, 1, 1]), [1, 1, 1])
    close(ncti_scores([0.5, 0.9, 0.8], [3.0, 3, 3], [2.0, 6, 3]), [0, 0, 0.75 - 0.25])
    close(ncti_scores([0.5, 9, 0.6], [1.0, 9, 2], [4.0, 9, 3], [1, 0, 1]), [-1, 0, 2])
