"""The oracles of LEEP, NCE, N-LEEP and PACTran: by hand, brute force, scikit-learn."""

import itertools
import warnings

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp, softmax

from .. import problems
from ..closeness import close
from .leep import e_leep, leep, ms_leep, nce
from .nleep import mixture, nleep, num_components, pca_scores
from .pactran import pactran_dirichlet, pactran_gamma
from .pactran_gauss import pactran_gauss, softmax_regression


def test_leep_and_nce_by_hand():
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    y = np.array([0, 2, 2])
    given = np.array([[9 / 17, 1 / 13], [8 / 17, 12 / 13]])
    own = [given[0] @ p[0], given[1] @ p[1], given[1] @ p[2]]
    close(leep(np.log(p), y, num_classes=4), np.mean(np.log(own)))
    close(nce(np.log(p), y, num_classes=4), (np.log(1 / 2) + np.log(1 / 2)) / 3)
    other = p[::-1]
    given = np.array([[2 / 17, 8 / 13], [15 / 17, 5 / 13]])
    second = [given[0] @ other[0], given[1] @ other[1], given[1] @ other[2]]
    members = [np.log(p), np.log(other)]
    expected = np.mean(np.log((np.array(own) + second) / 2))
    close(e_leep(members, y, num_classes=4), expected)
    expected = np.mean(np.log([own, second]))
    close(ms_leep(members, y, num_classes=4), expected)
    massless = np.hstack([np.log(p), np.full((3, 1), -np.inf)])
    close(leep(massless, y, num_classes=4), np.mean(np.log(own)))
    close(nleep(p, y, num_classes=4), np.mean(np.log(own)))
    close(nleep(p, y, num_classes=4, compat="published"), np.mean(own))


def test_dirichlet_bounds_the_likelihood_of_all_assignments():
    """exp(nC score) <= sum over z of prod_i P_iz_i prod_z (Polya urn of the y_i with z_i = z)."""
    rng = np.random.default_rng(0)
    y, logits = np.array([0, 1, 0, 0, 1]), 2 * rng.normal(size=(5, 2))
    p, a = softmax(logits, axis=1), np.array([0.6, 0.4])
    terms = []
    for z in itertools.product(range(2), repeat=5):
        term, seen = np.sum(np.log(p[np.arange(5), z])), np.zeros((2, 2))
        for label, source in zip(y, z, strict=True):
            term += np.log((a[label] + seen[label, source]) / (1 + seen[:, source].sum()))
            seen[label, source] += 1
        terms.append(term)
    exact, found = logsumexp(terms), 10 * pactran_dirichlet(logits, y, num_classes=2)
    assert exact - 0.5 < found <= exact
    table, columns = a + np.bincount(y), np.zeros((5, 1))  # one source class: no doubt, no gap
    value = np.sum(gammaln(table) - gammaln(a)) - gammaln(6)
    close(pactran_dirichlet(columns, y, num_classes=2), value / 10, rtol=1e-7)
    value = np.sum(gammaln(a) - gammaln(table)) + 5 * (np.log(6) - 1)
    close(pactran_gamma(columns, y, num_classes=2), -1 - value / 10, rtol=1e-7)


def test_pactran_gauss_is_a_logistic_regression():
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y, _ = problems.problem("wide-power-0.5").arrays
    x = x.astype(np.float64)
    xc = x - x.mean(axis=0)
    model = linear_model.LogisticRegression(C=0.1, tol=1e-10, max_iter=10000).fit(xc, y)
    logs = model.predict_log_proba(xc)
    size = np.sum(model.coef_**2)
    loss = -np.mean(logs[np.arange(60), y]) + size / (2 * 0.1 * 60)
    found, p, gradient = softmax_regression(np.ones(60), xc, y, 5, 1 / (0.1 * 60))
    close(found, loss, rtol=1e-8)
    assert np.abs(gradient).max() < 1e-10
    h = np.sum(p * (1 - p) * (np.sum(xc**2, axis=1) + 1)[:, None]) + 160 * 5 / 6
    expected = found + 5 * 10 / 120 * np.log(6 * h / 800 + 1e-10)
    close(pactran_gauss(x, y, num_classes=5, lam=0.1, c=10.0), -expected)


def test_mixture_is_that_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.mixture")
    x = problems.problem("tall-power-1").features.astype(np.float64)
    z = pca_scores(x)
    variances = np.linalg.eigvalsh(np.cov(x, rowvar=False))[::-1]
    shares = np.cumsum(variances) / variances.sum()
    m = z.shape[1]
    assert shares[m - 2] <= 0.8 < shares[m - 1]
    start = np.eye(4)[np.arange(300) % 4]
    means = [z[i::4].mean(axis=0) for i in range(4)]
    precisions = [
        np.linalg.inv(np.cov(z[i::4], rowvar=False, bias=True) + 1e-6 * np.eye(m)) for i in range(4)
    ]
    options = {"means_init": means, "precisions_init": precisions, "weights_init": [0.25] * 4}
    model = sklearn.GaussianMixture(4, max_iter=2, tol=0.0, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two rounds are not convergence
        expected = model.fit(z).predict_proba(z)
    close(mixture(z, start, 3), expected, rtol=1e-6)
    assert num_components(np.arange(60) % 5) == 12
    assert num_components(np.arange(300) % 5) == 25
