"""Every closed-form score in NumPy and SciPy, as somebody has it who takes each from its own place.

The definitions are those of the kernels, at their default options, in float64: with float32 LAPACK
some would not agree.  Each score factors by itself, once, the way its equation suggests; classes
are looped over, samples never.  Every class must have a sample, and n > d + 1.  A function takes
a `Problem` and gives the score, or the terms by name where it has several.

Here are the scores from the spectrum, the Gram matrix or the logits; those of linear probes and
discriminants are in `probe_baselines`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax

from . import exact

Terms = dict[str, float]
Baseline = Callable[["Problem"], float | Terms]


class Problem(NamedTuple):
    features: np.ndarray  # (n, d) float64
    labels: np.ndarray  # (n,)
    logits: np.ndarray  # (n, z) float64
    classes: int

    @property
    def centred(self) -> np.ndarray:
        return self.features - self.features.mean(axis=0)

    @property
    def one_hot(self) -> np.ndarray:
        return np.eye(self.classes)[self.labels]

    @property
    def counts(self) -> np.ndarray:
        return np.bincount(self.labels, minlength=self.classes)


def class_means(x: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    return np.stack([x[labels == c].mean(axis=0) for c in range(classes)])


def disco(p: Problem) -> float:
    return exact.disco(p.features, p.labels, p.classes).score


def spectral_share(p: Problem) -> float:
    s = np.linalg.svd(p.centred, compute_uv=False)[:128]
    return s[: len(s) // 8].sum() / s.sum()


def logme(p: Problem) -> float:
    n, d = p.features.shape
    u, s, _ = np.linalg.svd(p.features, full_matrices=False)
    sigma, t = s**2, p.one_hot
    inside = (u.T @ t) ** 2
    outside = t.sum(axis=0) - inside.sum(axis=0)
    return float(
        np.mean([_evidence(n, d, sigma, *column) for column in zip(inside.T, outside, strict=True)])
    )


def _evidence(n: int, d: int, sigma: np.ndarray, z: np.ndarray, outside: float) -> float:
    alpha = beta = 1.0
    for _ in range(11):
        tau = alpha / beta
        gamma = (sigma / (sigma + tau)).sum()
        length = (sigma * z / (sigma + tau) ** 2).sum()
        left = (z / (1 + sigma / tau) ** 2).sum() + outside
        alpha, beta = gamma / (length + 1e-5), (n - gamma) / (left + 1e-5)
        if abs(alpha / beta - tau) / tau <= 1e-3:
            break
    value = d * np.log(alpha) + n * np.log(beta) - np.log(alpha + beta * sigma).sum()
    return (value - beta * left - alpha * length - n * np.log(2 * np.pi)) / (2 * n)


def h_score(p: Problem) -> float:
    x = p.centred
    between = np.sqrt(p.counts)[:, None] * class_means(x, p.labels, p.classes)
    return np.sum(between.T * scipy.linalg.solve(x.T @ x, between.T, assume_a="pos"))


def h_score_shrunk(p: Problem) -> float:
    x = p.centred
    n, d = x.shape
    covariance = x.T @ x / n
    m, size = np.trace(covariance) / d, np.sum(covariance**2)
    d2 = (size - d * m**2) / d
    b2 = (np.sum((x**2).sum(axis=1) ** 2) / n - size) / (d * n)
    a = min(b2, d2) / d2
    between = np.sqrt(p.counts)[:, None] * class_means(x, p.labels, p.classes)
    shrunk = (1 - a) * covariance + a * m * np.eye(d)
    trace = np.sum(between.T * scipy.linalg.solve(shrunk, between.T, assume_a="pos"))
    return (1 - a) * trace / (n - 1)


def transrate(p: Problem) -> float:
    def rate(z: np.ndarray) -> float:
        gram = z @ z.T if z.shape[0] < z.shape[1] else z.T @ z
        return np.linalg.slogdet(np.eye(len(gram)) + gram / (len(z) * 1e-4))[1] / 2

    x = p.centred
    parts = [rate(x[p.labels == c]) for c in range(p.classes)]
    return rate(x) - p.counts @ np.array(parts) / len(x)


def lfc(p: Problem) -> float:
    x, counts = p.features, p.counts
    n = len(x)
    gram, sums = x.T @ x, p.one_hot.T @ x
    whole = np.sum(x.sum(axis=0) ** 2)
    likeness = 2 * np.sum(counts**2) - n**2
    product = 2 * np.sum(sums**2) - whole - whole * likeness / n**2
    return product / np.sqrt((np.sum(gram**2) - whole**2 / n**2) * (n**2 - likeness**2 / n**2))


def cka(p: Problem) -> float:
    x, y = p.centred, p.one_hot - p.one_hot.mean(axis=0)
    return np.sum((x.T @ y) ** 2) / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def gbc(p: Problem) -> Terms:
    means = class_means(p.features, p.labels, p.classes)
    rows = [p.features[p.labels == c] for c in range(p.classes)]
    spread = np.array([np.maximum(x.var(axis=0), 1e-4).mean() for x in rows])
    both = (spread[:, None] + spread) / 2
    logs = np.log(both) - np.log(spread)[:, None] / 2 - np.log(spread) / 2
    distance = cdist(means, means, "sqeuclidean") / (8 * both) + logs / 2
    distance = distance[~np.eye(p.classes, dtype=bool)]
    return {"score": -np.exp(-distance).sum(), "log_overlap": logsumexp(-distance)}


def rankme(p: Problem) -> float:
    s = np.linalg.svd(p.features, compute_uv=False)
    share = s[s > 0] / s.sum()
    return np.exp(-np.sum(share * np.log(share)))


def stable_rank(p: Problem) -> float:
    s = np.linalg.svd(p.centred, compute_uv=False)
    return np.sum(s**2) / s[0] ** 2


def energy(p: Problem) -> float:
    return logsumexp(p.logits, axis=1).mean()


def leep(p: Problem) -> float:
    posterior = softmax(p.logits, axis=1)
    joint = p.one_hot.T @ posterior / len(posterior)
    given = joint / joint.sum(axis=0)
    return np.log((given[p.labels] * posterior).sum(axis=1)).mean()


def nce(p: Problem) -> float:
    n, z = p.logits.shape
    pairs = p.labels * z + p.logits.argmax(axis=1)
    joint = np.bincount(pairs, minlength=p.classes * z).reshape(p.classes, z) / n
    mass = np.broadcast_to(joint.sum(axis=0), joint.shape)
    seen = joint > 0
    return np.sum(joint[seen] * np.log(joint[seen] / mass[seen]))


FROM_FACTORS: dict[str, Baseline] = {
    "disco": disco,
    "spectral_share": spectral_share,
    "logme": logme,
    "h_score": h_score,
    "h_score_shrunk": h_score_shrunk,
    "transrate": transrate,
    "lfc": lfc,
    "cka": cka,
    "gbc": gbc,
    "rankme": rankme,
    "stable_rank": stable_rank,
    "energy": energy,
    "leep": leep,
    "nce": nce,
}
