"""The pairwise, iterative and transport scores in NumPy, SciPy and scikit-learn, in float64.

Each is written plainly from its equation, with whole matrices where the machine's memory holds them
and no loop over samples; iterations end by the rule that ours end by:

    pactran_gauss  Newton steps, each by preconditioned conjugate gradients to a tenth of the
                   gradient, to a relative gradient of 1e-6
    pactran_*      ten rounds
    nleep          scikit-learn's GaussianMixture: growth of the likelihood below 1e-3 or 100 rounds
    otce           exact transport, by SciPy's assignment: as many source samples as target samples
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.special import digamma, gammaln, log_softmax, softmax, xlogy
from scipy.stats import rankdata
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from .metric_baselines import Problem

K, TINY = 5, 1e-10


def knn(p: Problem) -> float:
    nearest = NearestNeighbors(n_neighbors=K, algorithm="brute").fit(p.features)
    of = p.labels[nearest.kneighbors(return_distance=False)]
    votes = (of[:, :, None] == of[:, None]).sum(axis=2)
    winner = np.take_along_axis(of, votes.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.mean(winner == p.labels)


def parc(p: Problem) -> float:
    deviation = p.features.std(axis=0)
    z = p.centred / np.where(deviation > 0, deviation, 1)
    upper = np.triu_indices(len(z), 1)
    ranks = rankdata((1 - np.corrcoef(z))[upper])
    different = p.labels[upper[0]] != p.labels[upper[1]]
    return 100 * np.corrcoef(ranks, different)[0, 1]


def interclass_distance(p: Problem) -> float:
    means = p.one_hot / p.counts
    between = means.T @ euclidean_distances(p.features) @ means
    return between[~np.eye(p.classes, dtype=bool)].mean()


def concept_variance(p: Problem) -> float:
    low, high = p.features.min(axis=0), p.features.max(axis=0)
    distance = euclidean_distances((p.features - low) / np.where(high > low, high - low, 1))
    exponent = -2 * distance / np.maximum(np.sqrt(p.features.shape[1]) - distance, 1e-9)
    np.fill_diagonal(exponent, -np.inf)
    weights = np.exp2(exponent - exponent.max(axis=1, keepdims=True))
    others = np.sum(weights, where=p.labels[:, None] != p.labels, axis=1)
    return -np.mean(others / weights.sum(axis=1))


def tmi(p: Problem, k: int = 3) -> float:
    d = p.features.shape[1]
    entropies = np.zeros(p.classes)
    for c, count in enumerate(p.counts):
        x = p.features[p.labels == c]
        distance = np.partition(cdist(x, x, "chebyshev"), k, axis=1)[:, k]  # its own 0 is before
        logs = np.log(2 * np.maximum(distance, TINY))
        entropies[c] = digamma(count) - digamma(k) + d * logs.mean()
    return p.counts @ entropies / p.counts.sum()


def pactran_gauss(p: Problem) -> float:
    x, one_hot = p.centred, p.one_hot
    n, d = x.shape
    x = x @ np.linalg.eigh(x.T @ x)[1]  # the Hessian is nearly diagonal there
    x = np.append(x, np.ones((n, 1)), axis=1)
    penalty = np.append(np.full(d, 1 / n), 0)[:, None]
    bound = np.linalg.norm(x) / n
    w = np.zeros((d + 1, p.classes))

    def loss(w: np.ndarray) -> float:
        entropy = -np.mean(np.sum(one_hot * log_softmax(x @ w, axis=1), axis=1))
        return entropy + np.sum(penalty * w * w) / 2

    for _ in range(50):
        q = softmax(x @ w, axis=1)
        gradient = x.T @ (q - one_hot) / n + penalty * w
        if np.linalg.norm(gradient) <= 1e-6 * bound:
            break
        step = _newton(x, q, penalty, gradient)
        size = 1.0
        while loss(w - size * step) > loss(w) and size > 1e-9:
            size /= 2
        w = w - size * step
    q = softmax(x @ w, axis=1)
    h = np.sum((q * (1 - q)).sum(axis=1) * np.sum(x * x, axis=1)) + d * p.classes / n
    flatness = np.log(n * h / (d * p.classes) + TINY)
    return -(loss(w) + 100 * p.classes / (2 * n) * flatness)


def _newton(x: np.ndarray, q: np.ndarray, penalty: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Hessian^-1 right, by conjugate gradients with the Hessian's diagonal."""
    n = len(x)
    diagonal = (x * x).T @ (q * (1 - q)) / n + penalty
    found, residual = np.zeros_like(right), right
    direction = residual / diagonal
    square = np.sum(residual * direction)
    for _ in range(200):
        if np.linalg.norm(residual) <= 0.1 * np.linalg.norm(right):
            break
        change = x @ direction
        change = q * (change - np.sum(q * change, axis=1, keepdims=True))
        image = x.T @ change / n + penalty * direction
        along = square / np.sum(direction * image)
        found, residual = found + along * direction, residual - along * image
        better = residual / diagonal
        before, square = square, np.sum(residual * better)
        direction = better + square / before * direction
    return found


def _table(p: Problem, second: bool) -> tuple[np.ndarray, ...]:
    """P, q and A of the last round, and a."""
    given = softmax(p.logits, axis=1)
    a, q = (p.counts / len(given) + TINY)[:, None], given
    for _ in range(10):
        mass = a + p.one_hot.T @ q
        score = digamma(mass) - (digamma(mass.sum(axis=0)) if second else 0)
        q = softmax(np.log(given + TINY) + score[p.labels], axis=1)
    return given, q, mass, a


def pactran_dirichlet(p: Problem) -> float:
    given, q, mass, a = _table(p, True)
    columns = gammaln(1) - gammaln(a).sum() - gammaln(mass.sum(axis=0)) + gammaln(mass).sum(axis=0)
    divergence = np.sum(q * np.log(q / (given + TINY)))
    return (columns.sum() - divergence) / (len(q) * p.classes)


def pactran_gamma(p: Problem) -> float:
    given, q, mass, a = _table(p, False)
    rates = np.log(given @ mass.sum(axis=0)) - 1
    divergence = np.sum(q * np.log(q / (given + TINY)))
    inside = np.sum(gammaln(a) - gammaln(mass)) + divergence + rates.sum()
    return -1 - inside / (len(q) * p.classes)


def nleep(p: Problem) -> float:
    u, s, _ = np.linalg.svd(p.centred, full_matrices=False)
    components = np.argmax(np.cumsum(s**2) > 0.8 * np.sum(s**2)) + 1
    rows = u[:, :components] * s[:components]
    clusters = min(5 * p.classes, len(rows) // 5)
    mixture = GaussianMixture(clusters, random_state=0).fit(rows)
    r = mixture.predict_proba(rows)
    joint = p.one_hot.T @ r
    given = joint / joint.sum(axis=0)
    return np.log((given[p.labels] * r).sum(axis=1)).mean()


def otce(p: Problem, source: np.ndarray, source_labels: np.ndarray) -> float:
    n = len(source)
    rows, columns = linear_sum_assignment(cdist(source, p.features, "sqeuclidean"))
    joint = np.zeros((source_labels.max() + 1, p.classes))
    np.add.at(joint, (source_labels[rows], p.labels[columns]), 1 / n)
    return xlogy(joint, joint).sum() - xlogy(joint.sum(axis=1), joint.sum(axis=1)).sum()


PAIRWISE: dict[str, Callable[[Problem], float]] = {
    "knn": knn,
    "parc": parc,
    "interclass_distance": interclass_distance,
    "concept_variance": concept_variance,
    "tmi": tmi,
    "pactran_gauss": pactran_gauss,
    "pactran_dirichlet": pactran_dirichlet,
    "pactran_gamma": pactran_gamma,
    "nleep": nleep,
}
