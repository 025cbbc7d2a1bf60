"""Linear probes and discriminants in NumPy and SciPy, as `metric_baselines` says."""

import numpy as np
import scipy.linalg
from scipy.special import log_softmax, softmax

from .metric_baselines import Baseline, Problem, Terms, class_means


def ridge_loo(p: Problem) -> float:
    u, s, _ = np.linalg.svd(p.centred, full_matrices=False)
    y = p.one_hot
    yc = y - y.mean(axis=0)
    loadings, squares, n = u.T @ yc, u**2, len(y)
    best = 0.0
    for penalty in s[0] ** 2 * 10.0 ** np.arange(-6, 2):
        f = s**2 / (s**2 + penalty)
        keep = 1 - 1 / n - squares @ f
        error = (yc - u @ (f[:, None] * loadings)) / keep[:, None]
        best = max(best, np.mean((y - error).argmax(axis=1) == p.labels))
    return best


def lda_loo(p: Problem) -> float:
    n, d = p.features.shape
    means, own = class_means(p.features, p.labels, p.classes), p.labels
    v = p.features - means[own]
    within = v.T @ v
    within += 1e-3 * np.trace(within) / d * np.eye(d)
    lower = np.linalg.cholesky(within)
    v = scipy.linalg.solve_triangular(lower, v.T, lower=True).T
    m = scipy.linalg.solve_triangular(lower, means.T, lower=True).T
    w, along = np.sum(v**2, axis=1), v @ m.T
    gap = along[np.arange(n), own][:, None] - along  # v^T W^-1 (mu_y - mu_k)
    lengths = np.sum(m**2, axis=1)
    apart = lengths[:, None] + lengths - 2 * m @ m.T
    q, r = w[:, None] + 2 * gap + apart[own], w[:, None] + gap
    g = p.counts[own] / (p.counts[own] - 1)
    distance = q + (g / (1 - g * w))[:, None] * r**2
    distance[np.arange(n), own] = g**2 * w / (1 - g * w)
    logits = -(n - 1) / 2 * distance + np.log(p.counts / n)
    return np.mean(logits.argmax(axis=1) == own)


def sfda(p: Problem) -> float:
    x, own, rows = p.centred, p.labels, np.arange(len(p.labels))

    def fit(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        means = class_means(x, own, p.classes)
        v = x - means[own]
        return means, v.T @ v / len(x)

    def posteriors(x: np.ndarray, means: np.ndarray, within: np.ndarray, a: float) -> np.ndarray:
        d = len(within)
        shrunk = (1 - a) * within + a * np.trace(within) / d * np.eye(d)
        slopes = scipy.linalg.solve(shrunk, means.T, assume_a="pos")
        lengths = np.sum(means.T * slopes, axis=0)
        return softmax(x @ slopes - lengths / 2 + np.log(p.counts / len(x)), axis=1)

    means, within = fit(x)
    v, largest = np.ones(x.shape[1]), 0.0
    for _ in range(7):
        v = within @ v
        largest = np.linalg.norm(v)
        v /= largest
    a = max(np.exp(-5 * largest), 1e-10)
    trusted = softmax(posteriors(x, means, within, a), axis=1)[rows, own][:, None]
    others = (means.sum(axis=0) - means) / (p.classes - 1)
    mixed = trusted * x + (1 - trusted) * others[own]
    return posteriors(mixed, *fit(mixed), a)[rows, own].mean()


def ncti(p: Problem) -> Terms:
    x, own = p.centred, p.labels
    n, d = x.shape
    m = min(64, d)
    variances, basis = scipy.linalg.eigh(x.T @ x / n, subset_by_index=(d - m, d - 1))
    z, variances = x @ basis[:, ::-1], variances[::-1]
    means = class_means(z, own, p.classes)
    v = z - means[own]
    within, total = v.T @ v / n, np.diag(variances)
    a = max(np.exp(-variances[:32].sum() * n / (n - 1)), 1e-10)
    if a > 1e-10:
        within = (1 - a) * within + a * np.trace(within) / m * np.eye(m)
        total = (1 - a) * total + a * np.trace(total) / m * np.eye(m)
    scale = np.sqrt(np.diag(within))
    squares, axes = np.linalg.eigh(within / np.outer(scale, scale))
    kept = squares > 1e-8  # all of them where a > 1e-10
    white = axes[:, kept] / scale[:, None] / np.sqrt(squares[kept])
    slopes = white @ (white.T @ means.T)
    lengths = np.sum(means.T * slopes, axis=0)
    posterior = softmax(z @ slopes - lengths / 2 + np.log(p.counts / n), axis=1)
    e, directions = np.linalg.eigh(white.T @ (total - within) @ white)
    r = min(p.classes - 1, m)
    leading = white @ directions[:, ::-1][:, :r]
    if a == 1e-10:
        leading = leading[:, e[::-1][:r] > 1e-8 * e[-1]]
    return {
        "ncc": posterior[np.arange(n), own].mean(),
        "seli": np.linalg.norm(z @ leading, "nuc"),
        "vc": np.log(sum(np.linalg.norm(posterior[own == c], "nuc") for c in range(p.classes))),
    }


def etran(p: Problem) -> Terms:
    x = p.centred
    means = class_means(x, p.labels, p.classes)
    logits = x @ means.T - np.sum(means**2, axis=1) / 2 + np.log(p.counts / len(x))
    own = log_softmax(logits, axis=1)[np.arange(len(x)), p.labels]
    top = p.logits.max(axis=1)
    energies = top + np.log(np.exp(p.logits - top[:, None]).sum(axis=1))
    return {"classification": np.exp(own).mean(), "energy": energies.mean()}


def tmi_variance(p: Problem) -> float:
    means = class_means(p.features, p.labels, p.classes)
    return np.sum((p.features - means[p.labels]) ** 2) / len(p.labels)


PROBES: dict[str, Baseline] = {
    "ridge_loo": ridge_loo,
    "lda_loo": lda_loo,
    "sfda": sfda,
    "ncti": ncti,
    "etran": etran,
    "tmi_variance": tmi_variance,
}
