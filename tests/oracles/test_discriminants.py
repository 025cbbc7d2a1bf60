"""The oracles of the probes and discriminants: by hand, brute force, scikit-learn."""

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp, softmax

from ..closeness import close
from . import etran as etran_terms
from . import lda_loo as refits
from . import ridge_loo as probes
from .energy import energy
from .etran import etran, etran_regression, etran_scores
from .lda_loo import lda_loo
from .ped import ped, push
from .ridge_loo import ridge_loo, ridge_loo_regression
from .sfda import discriminant, largest, sfda
from .test_closed_form import arrays


@pytest.mark.parametrize("name", ["wide-power-0.5", "wide-lone-samples"])
def test_ridge_is_scikit_learn_and_the_closed_form(name):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y, b = arrays(name)
    n, goals = 60, np.hstack([np.eye(5)[y], b])
    left, values, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    lams = values[0] ** 2 * 10.0 ** np.arange(-6, 2)
    close(probes.penalties(np.ones(n), x), lams)
    found, centred = probes.predictions(np.ones(n), x, goals, lams), goals - goals.mean(axis=0)
    for lam, guesses in zip(lams, found, strict=True):
        f = values**2 / (values**2 + lam)
        h = 1 / n + left**2 @ f
        errors = (centred - left * f @ (left.T @ centred)) / (1 - h)[:, None]
        close(guesses, goals - errors, rtol=1e-7, atol=1e-8)
    for i in (0, 17):
        rest = np.arange(n) != i
        model = linear_model.Ridge(lams[2]).fit(x[rest], goals[rest])
        close(found[2, i], model.predict(x[[i]])[0], rtol=1e-6, atol=1e-8)
    right = np.mean(found[..., :5].argmax(axis=2) == y, axis=1)
    assert ridge_loo(x, y, num_classes=5) == right.max()
    error = np.sum((found[..., 5:] - b) ** 2, axis=(1, 2)) / np.sum((b - b.mean(axis=0)) ** 2)
    close(ridge_loo_regression(x, b), 1 - error.min())


@pytest.mark.parametrize("name", ["wide-power-0.5", "wide-lone-samples"])
def test_lda_is_scikit_learn_and_the_closed_form(name):
    discriminants = pytest.importorskip("sklearn.discriminant_analysis")
    x, y, _ = arrays(name)
    x, n, d = x[:, :40], 60, 40
    means, counts = np.array([x[y == c].mean(axis=0) for c in range(5)]), np.bincount(y)
    v = x - means[y]
    rho = 1e-3 * np.trace(v.T @ v) / d
    found = refits.logits(np.ones(n), x, y, 5)
    inverse = np.linalg.inv(v.T @ v + rho * np.eye(d))
    for i in np.flatnonzero(counts[y] > 1):
        g, w = counts[y[i]] / (counts[y[i]] - 1), v[i] @ inverse @ v[i]
        q, r = np.sum((x[i] - means) @ inverse * (x[i] - means), axis=1), (x[i] - means) @ inverse
        distances = q + g * (r @ v[i]) ** 2 / (1 - g * w)
        distances[y[i]] = g**2 * w / (1 - g * w)
        close(found[i], -(n - 1) / 2 * distances + np.log(counts / n), rtol=1e-7)
    alone = counts[y] == 1
    right = (found.argmax(axis=1) == y) & ~alone
    assert lda_loo(x, y, num_classes=5) == right.mean()
    if alone.any():
        return

    class Ridged:
        def fit(self, rows):
            away = rows - rows.mean(axis=0)
            self.covariance_ = away.T @ away / len(rows) + rho / (n - 1) * np.eye(d)
            return self

    for i in (0, 31):
        rest = np.arange(n) != i
        model = discriminants.LinearDiscriminantAnalysis("lsqr", covariance_estimator=Ridged())
        model.fit(x[rest], y[rest])
        expected = model.decision_function(x[[i]])[0] - np.log(model.priors_) + np.log(counts / n)
        close(log_softmax(found[i]), log_softmax(expected), rtol=1e-7)


def test_sfda_is_scikit_learn_twice():
    discriminants = pytest.importorskip("sklearn.discriminant_analysis")
    x, y, _ = arrays("tall-power-1")
    x = 0.1 * x
    means = np.array([x[y == c].mean(axis=0) for c in range(5)])
    within = (x - means[y]).T @ (x - means[y]) / len(x)
    steps = [np.linalg.matrix_power(within, k).sum(axis=1) for k in (6, 7)]
    close(largest(within), np.linalg.norm(steps[1]) / np.linalg.norm(steps[0]))
    a = np.exp(-5 * largest(within))
    assert 0.1 < a < 0.9
    model = discriminants.LinearDiscriminantAnalysis("lsqr", shrinkage=a)
    p = model.fit(x, y).predict_proba(x)
    close(discriminant(np.ones(300), x, y, a, False)[0], p, rtol=1e-7)
    sure = softmax(p, axis=1)[np.arange(300), y, None]
    elsewhere = np.array([np.delete(means, c, axis=0).mean(axis=0) for c in range(5)])[y]
    moved = sure * x + (1 - sure) * elsewhere
    p = model.fit(moved, y).predict_proba(moved)
    close(sfda(x, y, num_classes=5), p[np.arange(300), y].mean(), rtol=1e-7)


def test_etran():
    x, y, b = arrays("tall-power-1")
    means, share = np.array([x[y == c].mean(axis=0) for c in range(5)]), np.bincount(y) / 300
    p = softmax(x @ means.T - np.sum(means**2, axis=1) / 2 + np.log(share), axis=1)
    found = etran(x, y, b, num_classes=5)
    close(found, (p[np.arange(300), y].mean(), energy(b)))
    published = etran(x, y, num_classes=5, compat="published")
    close(published, (found.cls, np.min(logsumexp(x, axis=1))))  # 5 * 300 // 1000 = 1
    assert etran(x[:150], y[:150], num_classes=5, compat="published").energy == 0
    two = np.repeat(np.sort(logsumexp(x, axis=1))[:2], 1)
    close(etran_terms.lowest_energy(np.vstack([x, x + 100])[:500]), two.mean())
    close(etran_terms.lowest_energy(x, np.full(300, 1.5)), (two[0] * 1.5 + two[1] * 0.5) / 2)
    slopes = np.linalg.lstsq(x, b)[0]
    close(etran_regression(x, b), -np.mean((b - x @ slopes) ** 2))
    close(etran_regression(np.zeros((3, 2)), [1.0, 2, 3]), -14 / 3)
    close(etran_scores([0.2, 0.6, 0.4], [1.0, 0, 1]), [0.15, 0.85, 0.85 / 2 + 0.15])


def test_ped_by_hand():
    """Means -1 and 1, radii 2: F = 1.2 * 2 - 2 at first; each step adds 0.005 F to both sides."""
    x, y = np.array([-3.0, 1, -1, 3])[:, None], np.array([0, 0, 4, 4])
    source = np.array([-1.0, 1])[:, None]  # mean 0, deviation 1
    gap, applied = 2.0, 0.0
    for _ in range(6):
        step = 0.005 * (2.4 - gap)
        gap, applied = gap + 2 * step, applied + step
    expected = x + np.array([-applied, -applied, applied, applied])[:, None]
    close(ped(x, y, source, num_classes=5), expected)
    shifted = ped(10 * x + 3, y, 10 * source + 3, num_classes=5)  # in units of the source
    close(shifted, 10 * expected + 3)
    close(ped(x, y, source, num_classes=5, q=0.5), x)  # 0.5 * 4 does not exceed 2
    stopped = ped(x, y, source, num_classes=5, t=10.0)  # 20 and then no overlap
    close(stopped, x + 50 * 0.4 * np.array([-1, -1, 1, 1])[:, None])
    halved = ped(x, y, source, num_classes=5, t=0.6)  # sizes fall by 0.64: two steps, not three
    close(halved, x + 0.18 * 0.4 * 1.64 * np.array([-1, -1, 1, 1])[:, None])
    gap, applied = 2.0, 0.0
    for _ in range(6):  # a column of deviation 3 at 1e-3 widens the radii to sqrt(13)
        step = 0.005 * (1.2 * np.sqrt(13) - gap)
        gap, applied = gap + 2 * step, applied + step
    two = np.hstack([x, 3e-3 * np.array([1, -1, 1, -1])[:, None]])
    wider = ped(two, y, np.hstack([source, 0 * source]), num_classes=5)
    close(wider, two + applied * np.array([[-1, 0], [-1, 0], [1, 0], [1, 0]]))
    close(ped(x, y, source, num_classes=5, weights=[1, 1, 0, 0]), x)
    means = np.array([[0.0, 0], [3, 4], [0, 0]])
    step = push(means, [5.0, 5, 5], 0.6, 0.1)
    along = 0.005 * np.array([0.6, 0.8])
    close(step, [-along, 2 * along, -along])  # coincident means push nothing
