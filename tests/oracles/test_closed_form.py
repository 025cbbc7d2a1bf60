"""The oracles of the closed-form metrics but the probes: by hand, brute force, scikit-learn.

The properties of every metric are here too, those of the pairwise and source-head ones included.
"""

import numpy as np
import pytest
from scipy.special import softmax

from .. import problems
from ..closeness import close
from . import h_score as scatter
from . import lda_loo as refits
from . import ridge_loo as probes
from .cka import cka
from .concept_variance import concept_variance
from .energy import energy
from .etran import etran
from .h_score import h_score, h_score_shrunk
from .interclass_distance import interclass_distance
from .lda_loo import lda_loo
from .leep import leep, nce
from .lfc import lfc
from .nleep import nleep
from .pactran import pactran_dirichlet, pactran_gamma
from .pactran_gauss import pactran_gauss
from .parc import parc
from .ped import ped
from .rankme import rankme, stable_rank
from .ridge_loo import ridge_loo, ridge_loo_regression
from .sfda import sfda
from .tmi import tmi, tmi_variance
from .transrate import transrate


def unlabelled(metric):
    return lambda x, y, *, num_classes, **rest: metric(x, **rest)


FAST = {
    "h_score": h_score,
    "h_score_shrunk": h_score_shrunk,
    "lfc": lfc,
    "cka": cka,
    "transrate": transrate,
    "transrate-uniform": lambda *a, **k: transrate(*a, class_weights="uniform", **k),
    "transrate-authors": lambda *a, **k: transrate(*a, compat="authors", **k),
    "rankme": unlabelled(rankme),
    "rankme-published": unlabelled(lambda x, **k: rankme(x, compat="published", **k)),
    "stable_rank": unlabelled(stable_rank),
    "energy": unlabelled(energy),
    "leep": leep,
    "nce": nce,
    "sfda": sfda,
    "etran": lambda x, y, **rest: etran(x, y, x, **rest),
    "etran-published": lambda x, y, **rest: etran(x, y, compat="published", **rest),
    "tmi": tmi,
    "tmi-published": lambda x, y, **rest: tmi(x, y, compat="published", **rest),
    "tmi_variance": tmi_variance,
    "parc": parc,
    "parc-pca": lambda x, y, **rest: parc(x, y, pca=32, **rest),
    "interclass_distance": interclass_distance,
    "concept_variance": concept_variance,
    "pactran_dirichlet": pactran_dirichlet,
    "pactran_gamma": pactran_gamma,
    "nleep": lambda x, y, **rest: nleep(softmax(x, axis=1), y, **rest),
}
METRICS = FAST | {"ridge_loo": ridge_loo, "lda_loo": lda_loo, "pactran_gauss": pactran_gauss}
WHOLE = {"tmi", "tmi-published", "parc", "parc-pca", "concept_variance"}  # weights only
ROTATING = {
    *("h_score", "h_score_shrunk", "lfc", "cka", "transrate", "transrate-uniform"),
    *("transrate-authors", "rankme", "rankme-published", "stable_rank", "etran", "tmi_variance"),
    *("parc-pca", "interclass_distance", "ridge_loo", "lda_loo", "pactran_gauss"),
}
SCALE_FREE = {
    *("h_score", "h_score_shrunk", "lfc", "cka", "transrate-authors", "rankme", "stable_rank"),
    *("rankme-published", "parc", "parc-pca", "concept_variance", "ridge_loo", "lda_loo"),
}
DEGENERATE = [
    row
    for row in problems.PROBLEMS
    if row.name == "wide-low-rank" or row.name.split("-", 1)[1] not in problems.EVERY_SHAPE
]


def arrays(name="wide-power-0.5"):
    x, y, b = problems.problem(name).arrays
    return x.astype(np.float64), y, b.astype(np.float64)


# Every metric


@pytest.mark.parametrize("metric", METRICS)
def test_order_of_rows_and_names_of_classes_do_not_matter(metric):
    """An absent class changes nothing either."""
    for name in ("wide-power-0.5", "wide-lone-samples"):
        x, y, _ = arrays(name)
        x = x[:, :80]
        expected = METRICS[metric](x, y, num_classes=5)
        order = np.random.default_rng(0).permutation(len(x))
        close(METRICS[metric](x[order], y[order], num_classes=5), expected, rtol=1e-8)
        names = np.array([5, 3, 0, 1, 8])[y]
        close(METRICS[metric](x, names, num_classes=60), expected, rtol=1e-8)


@pytest.mark.parametrize("metric", METRICS)
def test_weights_are_repeated_samples(metric):
    """Those of weight 0 may hold anything."""
    x, y, _ = arrays()
    weights = np.arange(30) % 4
    x = np.where(weights[:, None] > 0, x[:30, :40], np.nan)
    y = np.where(weights > 0, y[:30], -7)
    repeated = np.repeat(x, weights, axis=0), np.repeat(y, weights)
    expected = METRICS[metric](*repeated, num_classes=5)
    close(METRICS[metric](x, y, num_classes=5, weights=weights), expected)


@pytest.mark.parametrize("metric", sorted(METRICS.keys() - WHOLE - {"ridge_loo", "lda_loo"}))
def test_a_weight_is_the_sum_of_its_parts(metric):
    x, y, _ = arrays()
    x, y, weights = x[:30, :20], y[:30], 0.8 + np.arange(30) % 4 / 3
    parts = np.stack([0.3 * weights, 0.7 * weights], axis=1).ravel()
    expected = METRICS[metric](
        np.repeat(x, 2, axis=0), np.repeat(y, 2), num_classes=5, weights=parts
    )
    close(METRICS[metric](x, y, num_classes=5, weights=weights), expected)


def test_one_copy_is_left_out():
    x, y, b = arrays()
    x, y, b, weights = x[:20, :5], y[:20], b[:20], np.full(20, 1.25)
    weights[0] = 2.5
    apart, parts = np.append(np.arange(20), 0), np.append(weights, 1.5)
    parts[0] = 1.0
    found = probes.predictions(weights, x, b, [0.5])[0, 0]
    close(found, probes.predictions(parts, x[apart], b[apart], [0.5])[0, 0])
    found = refits.logits(weights, x, y, 5)[0]
    close(found, refits.logits(parts, x[apart], y[apart], 5)[0])


@pytest.mark.parametrize("metric", sorted(ROTATING))
def test_rotation(metric):
    x, y, _ = arrays()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(x.shape[1], x.shape[1])))[0]
    turned = METRICS[metric](x @ turn, y, num_classes=5)
    expected = METRICS[metric](x, y, num_classes=5)
    if metric == "etran":  # its energy reads logits, which do not turn
        turned, expected = turned.cls, expected.cls
    close(turned, expected, rtol=1e-7)


@pytest.mark.parametrize("metric", sorted(SCALE_FREE))
def test_scale(metric):
    x, y, _ = arrays()
    expected = METRICS[metric](x, y, num_classes=5)
    close(METRICS[metric](37.0 * x, y, num_classes=5), expected, rtol=1e-7)


@pytest.mark.parametrize("row", DEGENERATE, ids=lambda row: row.name)
def test_finite(row):
    for name, metric in FAST.items():
        assert np.isfinite(metric(row.features, row.labels, num_classes=60)).all(), name


def test_one_class_and_constant_features():
    x, y, b = arrays()
    nothing = {"num_classes": 5}
    zero, half = np.zeros(60, int), np.arange(60) % 2
    constant = np.full((60, 3), 1.7)
    for metric in (h_score, h_score_shrunk, lfc, cka, transrate, parc, interclass_distance):
        assert metric(x, zero, **nothing) == 0, metric
        assert metric(constant, y, **nothing) == 0, metric
    for metric in (leep, nce, pactran_gauss, pactran_dirichlet, concept_variance):
        close(metric(x, zero, **nothing), 0, atol=1e-7)  # the 1e-10 of PACTran
    for metric in (ridge_loo, lda_loo, sfda):
        assert metric(x, zero, **nothing) == 1
        assert metric(x[:1], zero[:1], **nothing) == (metric is sfda)
    close((rankme(constant), stable_rank(constant), rankme(0 * x)), (1, 0, 1))
    assert lda_loo(constant, half, num_classes=2) == 0.5
    close(sfda(constant, half, num_classes=2), 0.5)
    close(etran(constant, half, constant, num_classes=2).cls, 0.5)
    assert ridge_loo(constant, half, num_classes=2) == 0  # the others are one more of the other
    assert ridge_loo(constant, np.arange(60) % 3 == 0, num_classes=2) == 2 / 3
    assert ridge_loo_regression(x, np.ones(60)) == 0
    close(ridge_loo_regression(constant, b), 1 - (60 / 59) ** 2)
    assert tmi(x, np.arange(60), num_classes=60) == tmi_variance(constant, y, num_classes=5) == 0
    close(ped(constant, y, x[:, :3], num_classes=5), constant)


# Scatter and Gram matrices


@pytest.mark.parametrize("name", ["tall-power-1", "tall-low-rank", "wide-lone-samples"])
def test_h_score_is_its_second_form(name):
    x, y, _ = arrays(name)
    left, values, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    left = left[:, values > 300 * 1.2e-7 * values[0]]
    one_hot = np.eye(5)[y] / np.sqrt(np.bincount(y, minlength=5))
    close(h_score(x, y, num_classes=5), np.sum((left.T @ one_hot) ** 2))


def test_h_score_of_few_samples_is_the_number_of_classes_less_one():
    x, y, _ = arrays("wide-flat")
    close(h_score(x, y, num_classes=5), 4)


@pytest.mark.parametrize("name", ["tall-power-1", "wide-power-0.5"])
def test_shrinkage_is_that_of_scikit_learn(name):
    covariance = pytest.importorskip("sklearn.covariance")
    x, y, _ = arrays(name)
    found, expected = scatter.ledoit_wolf(np.ones(len(x)), x), covariance.LedoitWolf().fit(x)
    assert 0 < found.a < 1
    close(found.a, expected.shrinkage_)
    close(found.covariance, expected.covariance_)
    means = np.array([x[y == c].mean(axis=0) for c in range(5)])[y]
    spread = (1 - found.a) * np.cov(means, rowvar=False)
    shrunk = np.trace(np.linalg.solve(expected.covariance_, spread))
    close(h_score_shrunk(x, y, num_classes=5), shrunk)


def test_shrinkage_at_its_ends():
    line = np.array([[1.0, 2.0], [-1, -2], [1, 2], [-1, -2]])  # b2 = 0
    assert scatter.ledoit_wolf(np.ones(4), line).a == 0
    close(h_score_shrunk(line, [0, 1, 0, 1], num_classes=2), 4 / 3)  # n/(n-1)
    cross = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])  # d2 = 0
    assert scatter.ledoit_wolf(np.ones(4), cross).a == 1
    assert h_score_shrunk(cross, [0, 1, 0, 1], num_classes=2) == 0


def test_lfc_and_cka_from_small_matrices():
    x, y, _ = arrays("tall-power-0.5")
    n, counts, one_hot = len(x), np.bincount(y), np.eye(5)[y]
    gram, cross, total = x.T @ x, x.T @ one_hot, x.sum(axis=0)
    sums = total @ total, 2 * np.sum(counts**2) - n**2
    inner = 2 * np.sum(cross**2) - total @ total
    sizes = np.sum(gram**2) - sums[0] ** 2 / n**2, n**2 - sums[1] ** 2 / n**2
    expected = (inner - sums[0] * sums[1] / n**2) / np.sqrt(sizes[0] * sizes[1])
    close(lfc(x, y, num_classes=5), expected)
    xc, yc = x - x.mean(axis=0), one_hot - one_hot.mean(axis=0)
    sizes = np.linalg.norm(xc.T @ xc) * np.linalg.norm(yc.T @ yc)
    close(cka(x, y, num_classes=5), np.sum((xc.T @ yc) ** 2) / sizes)
    close(cka(one_hot, y, num_classes=5), 1)
    close(lfc(one_hot, y, num_classes=5), 1)


def test_transrate_is_a_difference_of_determinants():
    x, y, _ = arrays("tall-power-0.5")
    x = x[:, :20]
    z = x - x.mean(axis=0)

    def rate(rows):
        matrix = np.eye(20) + rows.T @ rows / (len(rows) * 1e-4)
        return np.linalg.slogdet(matrix)[1] / 2

    keep = np.arange(300) % 7 > y  # unequal classes
    z, y = z[keep] - z[keep].mean(axis=0), y[keep]
    rates, shares = np.array([rate(z[y == c]) for c in range(5)]), np.bincount(y) / len(y)
    close(transrate(z, y, num_classes=5), rate(z) - shares @ rates)
    uniform = transrate(z, y, num_classes=5, class_weights="uniform")
    close(uniform, rate(z) - rates.mean())
    unit = z / np.sqrt(np.mean(np.sum(z**2, axis=1)))
    authors = transrate(z, y, num_classes=5, compat="authors")
    close(authors, transrate(unit, y, num_classes=5) / 20)


def test_ranks_and_energy_by_hand():
    square = np.array([[3.0, 0], [0, 4]])
    p = np.array([3, 4]) / 7
    close(rankme(square), np.exp(-p @ np.log(p)))
    close(rankme(square, compat="published"), np.exp(-(p + 1e-7) @ np.log(p + 1e-7)))
    close(rankme(np.eye(7)), 7)
    close(stable_rank([[1.0, 5], [-1, 5], [0, 7], [0, 3]]), (8 + 2) / 8)
    close(energy(np.log([[1.0, 2], [3, 5]])), (np.log(3) + np.log(8)) / 2)
